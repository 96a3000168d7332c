from django.apps import AppConfig


class HotspotConfig(AppConfig):
    name = "hotspot"

    def ready(self) -> None:
        from hotspot import cors, desired  # noqa: F401  (they register what is in them)
