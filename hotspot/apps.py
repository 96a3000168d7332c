from django.apps import AppConfig


class HotspotConfig(AppConfig):
    name = "hotspot"

    def ready(self) -> None:
        from hotspot import cors, desired, tasks  # noqa: F401  (these register what they hold)
