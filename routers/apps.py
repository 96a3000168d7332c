from django.apps import AppConfig


class RoutersConfig(AppConfig):
    name = "routers"

    def ready(self) -> None:
        from routers import openapi  # noqa: F401  (registers the security scheme)
