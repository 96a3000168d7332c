from django.apps import AppConfig


class RoutersConfig(AppConfig):
    name = "routers"

    def ready(self) -> None:
        from routers import openapi, tasks  # noqa: F401  (they register what is in them)
        from routers.bulk import tasks as bulk  # noqa: F401
        from routers.imports import tasks as imports  # noqa: F401
