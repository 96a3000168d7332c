from django.apps import AppConfig


class NetworksConfig(AppConfig):
    name = "networks"

    def ready(self) -> None:
        from networks import openapi  # noqa: F401  (registers what it holds)
