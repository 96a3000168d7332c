from django.apps import AppConfig


class HotspotConfig(AppConfig):
    name = "hotspot"

    def ready(self) -> None:
        from hotspot import cors  # noqa: F401  (connects its receiver)
