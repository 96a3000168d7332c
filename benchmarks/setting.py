"""What benchmarks begin with: a database that goes when they end, and somebody to act for."""

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

missed: list[str] = []  # what `show` was told of that is not as promised


@contextmanager
def database() -> Iterator[Path]:
    """Set Django up on a database of its own, or that of DATABASE_URL; answers a folder.

    What other processes of ours are started in the block has the same settings.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "cloudpilot.settings", "STATE_DIR": folder}
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'db.sqlite3'}")
        import django
        from django.conf import settings
        from django.core.management import call_command

        django.setup()
        logging.disable(logging.INFO)
        settings.ALLOWED_HOSTS.append("testserver")
        call_command("migrate", verbosity=0)
        yield Path(folder)


def somebody():
    """Return a user who owns a company of their own."""
    from users import services

    name = f"bench-{time.time_ns()}"
    email = f"{name}@example.com"
    return services.register(username=name, email=email, password="teapot-and-mango")[0]


def client_of(user):
    """Return a client of the API that shows an access token of the user."""
    from rest_framework.test import APIClient

    from users import tokens

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.start_family(user).access_token}")
    return client


def add_router(company, host="127.0.0.1", port=None):
    """Add a router as the simulated ones are; nobody calls it unless somebody asks."""
    from routers.models import Router

    return Router.objects.create(
        company=company, name=f"Router at {port}", host=host, username="admin", password="admin",
        **({"port": port} if port else {}),
    )  # fmt: skip


def show(what, amount, unit, promised=None):
    """Print what was measured, beside the most that it may be."""
    words = "" if promised is None else f"   promised <= {promised} {unit}"
    print(f"{what:<58}{amount:>9.2f} {unit}{words}", flush=True)
    if promised is not None and amount > promised:
        missed.append(what)
