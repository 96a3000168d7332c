from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users import openapi  # noqa: F401  (registers the security schemes)
