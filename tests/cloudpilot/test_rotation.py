"""rotate_secrets may be stopped, meet a change, or find two keys; and no backup holds a secret."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.management import call_command
from django.db import connection

from cloudpilot.crypto import Sealed, SecretUnreadable, seal, unseal
from cloudpilot.management.commands import rotate_secrets
from routers.models import Router
from tests.factories import RouterFactory

pytestmark = pytest.mark.sql

OLDER, OLD, NEW = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def routers(db, settings):
    """Three routers, two of them sealed with the old key and one with an older one."""
    settings.ENCRYPTION_KEYS = [OLDER]
    oldest = RouterFactory(password="mango")
    settings.ENCRYPTION_KEYS = [OLD, OLDER]
    rest = [RouterFactory(password="mango") for _ in range(2)]
    settings.ENCRYPTION_KEYS = [NEW, OLD, OLDER]
    return [oldest, *rest]


def rotate():
    out, err = StringIO(), StringIO()
    call_command("rotate_secrets", stdout=out, stderr=err)
    return out.getvalue()


def ciphertexts():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, password FROM routers_router ORDER BY id")
        return dict(cursor.fetchall())


def passwords():
    return [router.password for router in Router.objects.order_by("pk")]


def test_while_rotation_is_under_way_every_key_opens_what_it_sealed(routers):
    assert passwords() == ["mango"] * 3


def test_afterwards_the_newest_key_is_enough(routers, settings):
    assert rotate() == "Every secret is sealed with the newest key.\n"

    settings.ENCRYPTION_KEYS = [NEW]
    assert passwords() == ["mango"] * 3


def test_a_rotation_that_was_stopped_goes_on_where_it_was(routers, settings, monkeypatch):
    calls = []

    def stop_at_the_second(value, identity):
        calls.append(identity)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return seal(value, identity)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(rotate_secrets, "seal", stop_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            rotate()
    halfway = ciphertexts()
    assert passwords() == ["mango"] * 3

    rotate()

    unchanged = [pk for pk, text in ciphertexts().items() if text == halfway[pk]]
    assert len(unchanged) == 1
    settings.ENCRYPTION_KEYS = [NEW]
    assert passwords() == ["mango"] * 3


def test_a_secret_that_is_changed_meanwhile_stays_changed(routers, monkeypatch):
    def change_first(value, identity):
        Router.objects.filter(pk=routers[0].pk).update(
            password=Sealed(seal("papaya", Router.password.field.identity_of(routers[0])))
        )
        return seal(value, identity)

    monkeypatch.setattr(rotate_secrets, "seal", change_first)

    rotate()

    assert passwords()[0] == "papaya"


def test_a_secret_is_bound_to_its_row_and_its_column():
    token = seal("mango", "routers.router.password:RTR_1")

    for other in ("routers.router.password:RTR_2", "routers.router.secret:RTR_1", ""):
        with pytest.raises(SecretUnreadable):
            unseal(token, other)


@pytest.mark.parametrize("token", ["", "x", "gAAAAA", "é", "gAAAA" + "x" * 100])
def test_a_ciphertext_that_is_none_does_not_open(token):
    with pytest.raises(SecretUnreadable):
        unseal(token, "a")


@pytest.mark.parametrize("value", ["", "mango", "é🥭", "a\0b", "x" * 10_000, "sealed:x"])
def test_what_is_sealed_comes_back_as_it_was(db, value):
    router = RouterFactory(password=value)

    assert Router.objects.get(pk=router.pk).password == value


def test_a_row_whose_secret_was_not_loaded_loads_it(db):
    RouterFactory(password="mango")

    assert Router.objects.defer("password").get().password == "mango"


def test_a_backup_holds_ciphertexts_and_restores_them(db):
    RouterFactory(password="mango")

    backup = serializers.serialize("json", [Router.objects.get()])
    Router.objects.all().delete()
    for restored in serializers.deserialize("json", backup):
        restored.save()

    assert "mango" not in backup
    assert Router.objects.get().password == "mango"


def test_a_row_that_was_just_assigned_a_secret_is_backed_up_sealed(db):
    router = RouterFactory(password="mango")

    assert "mango" not in serializers.serialize("json", [router])
