from django.apps import AppConfig


class NetworksConfig(AppConfig):
    name = "networks"

    def ready(self) -> None:
        from networks import desired, openapi, receivers, tasks  # noqa: F401  (they register)
