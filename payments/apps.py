from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments import checks, gauges, tasks  # noqa: F401  (they register what is in them)
        from payments.webhooks import tasks as webhook_tasks  # noqa: F401
