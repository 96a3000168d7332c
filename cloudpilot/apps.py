from django.apps import AppConfig


class CloudPilotConfig(AppConfig):
    name = "cloudpilot"

    def ready(self) -> None:
        from cloudpilot import checks, tasks  # noqa: F401  (they register what is in them)
        from cloudpilot.jobs import gauges  # noqa: F401  (registers them)
