from django.apps import AppConfig


class RoutersConfig(AppConfig):
    name = "routers"

    def ready(self) -> None:
        from routers import openapi, tasks  # noqa: F401  (they register what is in them)
