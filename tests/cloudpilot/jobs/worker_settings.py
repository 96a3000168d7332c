"""The settings of a worker that a test starts: the product's, and the tests' own tasks."""

from cloudpilot.settings import *  # noqa: F403
from cloudpilot.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.cloudpilot.jobs.apps.TestTasksConfig"]
