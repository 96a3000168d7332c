"""The settings of a worker that a test starts: the product's, and the tests' own tasks."""

import os

from cloudpilot.settings import *  # noqa: F403
from cloudpilot.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.cloudpilot.jobs.apps.TestTasksConfig"]

JOB_MESSAGE_SECONDS = 5.0  # a folder is a broker that loses a message now and then

# Celery's broker is a folder here; the address of one says nothing of it.
if folder := os.environ.get("BROKER_FOLDER"):
    from tests.cloudpilot.jobs import folder_broker  # noqa: F401  (kombu knows it from now on)

    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": folder,
        "data_folder_out": folder,
        "control_folder": f"{folder}/control",
        "polling_interval": 0.05,
    }
