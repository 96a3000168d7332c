"""Tests make their tables from the models; these look at how an installation gets its own."""

import os
import subprocess
import sys
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from tests.processes import database_url

pytestmark = [
    pytest.mark.sql,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="on SQLite, the first run of the product does it"
    ),
]


@pytest.fixture
def empty_database(db):
    """The URL of a database that has nothing in it, and is gone afterwards."""
    name = f"empty_{uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield database_url().replace(connection.settings_dict["NAME"], name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.django_db(transaction=True)
def test_a_database_with_nothing_in_it_is_brought_up_to_date(empty_database):
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    environment = {**os.environ, "DATABASE_URL": empty_database}

    done = subprocess.run(
        migrate, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
