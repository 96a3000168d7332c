from django.apps import AppConfig


class NetworksConfig(AppConfig):
    name = "networks"

    def ready(self) -> None:
        from networks import (  # noqa: F401  (they register)
            desired,
            openapi,
            receivers,
            tasks,
            tunnels,
        )
