"""Where `celery -A cloudpilot` begins: the tasks and their tables need Django set up first."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudpilot.settings")
django.setup()

from cloudpilot.jobs.celery import app  # noqa: E402

__all__ = ["app"]
