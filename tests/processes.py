"""Processes of their own, on the database of the test."""

import os
import time
from urllib.parse import urlsplit

from django.db import connection


def eventually(condition, seconds=60):
    """Wait until `condition()` is true, and return what it said."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} seconds: {condition}"
        time.sleep(0.02)
    return answer


def database_url():
    """Return the URL of the database that this test is on."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
