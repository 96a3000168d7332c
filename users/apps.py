from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users import openapi, tasks  # noqa: F401  (they register what is in them)
