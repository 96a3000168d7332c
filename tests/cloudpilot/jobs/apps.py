import os

from django.apps import AppConfig


class TestTasksConfig(AppConfig):
    """Makes the tests' tasks known to a worker. Schedules only disturb, but where they are tested."""

    name = "tests.cloudpilot.jobs"
    label = "test_tasks"

    def ready(self):
        from cloudpilot.jobs import registry

        registry.periods.clear()
        from tests.cloudpilot.jobs import tasks

        if "WITHOUT_SCHEDULES" in os.environ:
            del registry.periods[tasks.hourly.name]
