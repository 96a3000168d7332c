"""Sealed fields, keys made on first use, and what rotates them."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection

from cloudpilot import crypto
from cloudpilot.crypto import Sealed, SecretUnreadable
from cloudpilot.keys import kept_key, random_key
from cloudpilot.management.commands.generate_encryption_key import put_in_env_file
from routers.models import Router
from tests.factories import RouterFactory

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def ciphertext(router):
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM routers_router WHERE id = %s", [router.pk])
        return cursor.fetchone()[0]


def test_a_password_is_sealed_in_the_table_and_open_on_the_row(db):
    router = RouterFactory(password="mango")

    assert "mango" not in ciphertext(router)
    assert Router.objects.get(pk=router.pk).password == "mango"


def test_a_ciphertext_moved_to_another_row_does_not_open(db):
    mine, theirs = RouterFactory(password="mine"), RouterFactory(password="theirs")

    Router.objects.filter(pk=mine.pk).update(password=Sealed(ciphertext(theirs)))

    with pytest.raises(SecretUnreadable):
        _ = Router.objects.get(pk=mine.pk).password


def test_saving_a_row_leaves_its_ciphertext_alone(db):
    router = Router.objects.get(pk=RouterFactory().pk)
    before = ciphertext(router)

    router.name = "renamed"
    router.save()

    assert ciphertext(router) == before


def test_a_queryset_cannot_write_or_find_a_plain_secret(db):
    with pytest.raises(TypeError):
        Router.objects.update(password="mango")
    with pytest.raises(TypeError):
        Router.objects.filter(password="mango").exists()


def test_a_loaded_secret_does_not_print(db):
    router = Router.objects.get(pk=RouterFactory(password="mango").pk)

    assert "mango" not in repr(router.__dict__)
    assert ciphertext(router) not in repr(router.__dict__)


def rotate():
    out = StringIO()
    call_command("rotate_secrets", stdout=out, stderr=StringIO())
    return out.getvalue()


def test_rotation_seals_everything_with_the_newest_key(db, settings):
    settings.ENCRYPTION_KEYS = [OLD]
    routers = [RouterFactory(password=f"secret-{n}") for n in range(3)]

    settings.ENCRYPTION_KEYS = [NEW, OLD]
    rotate()

    settings.ENCRYPTION_KEYS = [NEW]
    opened = [Router.objects.get(pk=router.pk).password for router in routers]
    assert opened == ["secret-0", "secret-1", "secret-2"]


def test_a_second_rotation_writes_nothing(db, settings, django_assert_num_queries):
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    router = RouterFactory()
    rotate()
    before = ciphertext(router)

    rotate()

    assert ciphertext(router) == before


def test_rotation_says_what_no_key_opens(db, settings):
    settings.ENCRYPTION_KEYS = [OLD]
    RouterFactory()

    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="1 secrets"):
        rotate()


def test_a_digest_serves_one_purpose():
    assert crypto.digest("key", "api-key") != crypto.digest("key", "router-key")


def test_a_key_is_made_once_readable_by_its_owner_alone(tmp_path):
    first = kept_key(tmp_path / "state", "secret_key", random_key)
    second = kept_key(tmp_path / "state", "secret_key", random_key)

    assert first == second
    mode = (tmp_path / "state" / "secret_key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_many_first_users_get_the_same_key(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: kept_key(tmp_path, "k", random_key), range(64)))

    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def manage(tmp_path, *arguments, **environment):
    kept = {"PATH": os.environ["PATH"], "STATE_DIR": str(tmp_path / "var")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_malformed_encryption_key_is_named_and_not_shown(tmp_path):
    done = manage(tmp_path, "check", ENCRYPTION_KEY="not-a-key-at-all-but-long-enough-to-be-one")

    assert done.returncode != 0
    assert "ENCRYPTION_KEY" in done.stderr
    assert "not-a-key-at-all" not in done.stderr


def test_deployment_fails_on_keys_that_nobody_set(tmp_path):
    done = manage(tmp_path, "check", "--deploy")

    assert done.returncode != 0
    for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "ENCRYPTION_KEY", "ROUTER_KEY_SECRET"):
        assert f"{name} is not set" in done.stderr


def test_deployment_passes_without_a_warning_once_all_is_set(tmp_path):
    done = manage(
        tmp_path,
        "check",
        "--deploy",
        "--fail-level=WARNING",
        SECRET_KEY=random_key(),
        JWT_SIGNING_KEY=random_key(),
        ROUTER_KEY_SECRET=random_key(),
        ENCRYPTION_KEY=Fernet.generate_key().decode(),
        PUBLIC_URL="https://wifi.example.com",
        ALLOWED_HOSTS="wifi.example.com",
    )

    assert done.returncode == 0, done.stderr


def test_one_key_for_two_purposes_is_an_error(settings):
    settings.SECRET_KEY = settings.JWT_SIGNING_KEY

    errors = run_checks(include_deployment_checks=True)

    assert "cloudpilot.E002" in {error.id for error in errors}


def test_generate_encryption_key_prints_a_key(capsys):
    call_command("generate_encryption_key")

    Fernet(capsys.readouterr().out.strip())


def test_a_written_key_keeps_the_other_lines_and_nobody_else_reads_it(tmp_path):
    path = tmp_path / ".env"
    path.write_text("DEBUG=false\nENCRYPTION_KEY=old\n")

    put_in_env_file(path, "new,old")

    assert path.read_text() == "DEBUG=false\nENCRYPTION_KEY=new,old\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
