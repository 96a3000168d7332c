from django.apps import AppConfig


class CloudPilotConfig(AppConfig):
    name = "cloudpilot"

    def ready(self) -> None:
        from cloudpilot import checks  # noqa: F401  (registers them)
