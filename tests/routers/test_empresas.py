"""Spec page 3, to the letter: `/admin/empresas/…` for super admins."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from routers import keys
from routers.models import Router
from tests.factories import CompanyFactory, RouterFactory, UserFactory, pair_of
from users.models import Company

pytestmark = pytest.mark.sql

NOT_FOUND = "Router no encontrado o no pertenece a la empresa"


@pytest.fixture
def admin(db, client_of):
    """A client that speaks for a super admin."""
    return client_of(UserFactory(username="admin", is_superuser=True))


@pytest.fixture
def empresa(db):
    return CompanyFactory(name="Café Central")


@pytest.fixture
def router(empresa):
    return RouterFactory(company=empresa, name="Router Principal", location="Lobby Piso 1")


def path(empresa, tail=""):
    return f"/admin/empresas/{empresa.public_id}/routers{tail}"


def body_of(empresa, **changes):
    return {
        "empresa_id": empresa.public_id,
        "nombre": "Router Principal",
        "host": "192.168.88.1",
        "puerto": 8728,
        "usuario": "admin",
        "password": "secure_password",
        "ubicacion": "Lobby Piso 1",
        **changes,
    }


def test_a_new_router_comes_with_its_key_shown_once(admin, anonymous, empresa):
    answer = admin.post(path(empresa), body_of(empresa))

    body = answer.json()
    assert answer.status_code == 201
    assert re.fullmatch(r"RTR_[0-9A-F]{8}", body["id"])
    assert re.fullmatch(r"key_[0-9a-f]{16}", body["api_key_info"]["key_id"])
    assert list(body) == [
        "id", "empresa_id", "nombre", "host", "puerto", "ubicacion", "activo", "creado_en",
        "api_key", "api_key_info",
    ]  # fmt: skip
    assert body["api_key_info"]["type"] == "router_api_key"
    assert "secure_password" not in answer.content.decode()
    assert anonymous.get("/portal/config/", HTTP_X_API_KEY=body["api_key"]).status_code == 200


def test_the_router_is_the_same_that_its_company_sees(admin, client, operator):
    empresa = operator.personal_company
    made = admin.post(path(empresa), body_of(empresa, ubicacion=None, puerto=8729)).json()

    seen = client.get("/routers/").json()[0]

    assert (seen["public_id"], seen["transport"]) == (made["id"], "api-ssl")
    assert made["ubicacion"] is None


def test_the_port_is_8728_unless_said(admin, empresa):
    body = body_of(empresa)
    del body["puerto"], body["ubicacion"]

    assert admin.post(path(empresa), body).json()["puerto"] == 8728


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"empresa_id": "EMP_0000000000"}, "empresa_id"),
        ({"puerto": 0}, "puerto"),
        ({"puerto": 99999}, "puerto"),
        ({"puerto": 10**30}, "puerto"),
        ({"host": "169.254.169.254"}, "host"),
        ({"nombre": ""}, "nombre"),
        ({"nombre": "a\0b"}, "nombre"),
        ({"nombre": ["a"]}, "nombre"),
        ({"usuario": "u" * 1000}, "usuario"),
        ({"password": ""}, "password"),
        ({"activo": False}, "activo"),
        ({"tipo": "x"}, "tipo"),
    ],
)
def test_a_bad_body_is_400_and_makes_nothing(admin, empresa, change, named):
    answer = admin.post(path(empresa), body_of(empresa, **change))

    assert answer.status_code == 400
    assert list(answer.json()) == ["detail"]
    assert named in answer.json()["detail"]
    assert not Router.objects.exists()


def test_an_unknown_company_is_not_found(admin, db):
    for answer in (
        admin.get("/admin/empresas/EMP_0000000000/routers"),
        admin.get("/admin/empresas/EMP_0000000000"),
        admin.post("/admin/empresas/EMP_0000000000/routers", {}),
    ):
        assert (answer.status_code, answer.json()) == (404, {"detail": "Empresa no encontrada"})


def test_an_inactive_company_gets_no_router(admin, empresa):
    Company.objects.update(is_active=False)

    assert admin.post(path(empresa), body_of(empresa)).status_code == 400


def test_routers_are_listed_and_read_without_their_keys(admin, empresa, router):
    keys.issue(router)

    listed = admin.get(path(empresa)).json()
    read = admin.get(path(empresa, f"/{router.public_id}")).json()

    assert listed == [read]
    assert list(read) == [
        "id", "empresa_id", "nombre", "host", "puerto", "ubicacion", "activo", "creado_en",
    ]  # fmt: skip
    assert read["creado_en"].endswith("Z")


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("get", ""),
        ("delete", ""),
        ("put", "/toggle-activo"),
        ("post", "/regenerate-api-key"),
        ("get", "/api-keys"),
        ("get", "/api-key-status"),
        ("post", "/api-keys/key_0000000000000000/revoke"),
    ],
)
def test_another_companys_router_is_not_found(admin, empresa, method, tail):
    foreign = RouterFactory()

    answer = getattr(admin, method)(path(empresa, f"/{foreign.public_id}{tail}"))

    assert (answer.status_code, answer.json()) == (404, {"detail": NOT_FOUND})
    assert Router.objects.filter(pk=foreign.pk, is_active=True).exists()


def test_a_toggle_says_what_it_did(admin, empresa, router):
    off = admin.put(path(empresa, f"/{router.public_id}/toggle-activo"))
    on = admin.put(path(empresa, f"/{router.public_id}/toggle-activo/"))

    assert off.json() == {
        "message": "Router desactivado correctamente",
        "router_id": router.public_id,
        "activo": False,
    }
    assert (on.json()["message"], on.json()["activo"]) == ("Router activado correctamente", True)


def test_a_toggled_routers_key_is_refused_at_once(admin, anonymous, empresa, router):
    token = keys.issue(router).token

    admin.put(path(empresa, f"/{router.public_id}/toggle-activo"))

    assert anonymous.get("/portal/config/", HTTP_X_API_KEY=token).status_code == 403


def test_a_regenerated_key_replaces_the_old_one(admin, anonymous, empresa, router):
    old = keys.issue(router).token

    answer = admin.post(path(empresa, f"/{router.public_id}/regenerate-api-key"))

    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == [
        "message", "router_id", "new_api_key", "api_key_info", "previous_key_revoked",
    ]  # fmt: skip
    assert body["message"] == "API Key regenerada exitosamente"
    assert body["previous_key_revoked"] is True
    assert anonymous.get("/portal/config/", HTTP_X_API_KEY=old).status_code == 401


def test_without_a_key_nothing_was_revoked(admin, empresa, router):
    answer = admin.post(path(empresa, f"/{router.public_id}/regenerate-api-key"))

    assert answer.json()["previous_key_revoked"] is False


def test_an_inactive_router_gets_no_new_key(admin, empresa, router):
    Router.objects.update(is_active=False)

    answer = admin.post(path(empresa, f"/{router.public_id}/regenerate-api-key"))

    assert answer.status_code == 400
    assert answer.json() == {"detail": "No se puede regenerar API key de un router inactivo"}


def test_the_history_is_newest_first_and_tells_of_revocation(admin, empresa, router):
    old = keys.issue(router).row
    new = keys.regenerate(router).row

    rows = admin.get(path(empresa, f"/{router.public_id}/api-keys")).json()

    assert [row["key_id"] for row in rows] == [new.key_id, old.key_id]
    assert [row["revoked"] for row in rows] == [False, True]
    assert rows[1]["revoked_at"] is not None
    assert list(rows[0]) == [
        "key_id", "router_id", "empresa_id", "issued_at", "expires_at", "revoked", "revoked_at",
        "last_used", "use_count",
    ]  # fmt: skip


def test_a_key_is_revoked_once(admin, empresa, router):
    key = keys.issue(router).row
    url = path(empresa, f"/{router.public_id}/api-keys/{key.key_id}/revoke")

    first, second = admin.post(url), admin.post(url)

    assert first.json() == {
        "message": "API Key revocada exitosamente",
        "key_id": key.key_id,
        "router_id": router.public_id,
        "revoked_at": first.json()["revoked_at"],
    }
    assert (second.status_code, second.json()) == (400, {"detail": "La API Key ya está revocada"})


def test_an_unknown_key_is_not_found(admin, empresa, router):
    answer = admin.post(path(empresa, f"/{router.public_id}/api-keys/key_x/revoke"))

    assert (answer.status_code, answer.json()) == (404, {"detail": "API Key no encontrada"})


def status(admin, empresa, router):
    return admin.get(path(empresa, f"/{router.public_id}/api-key-status")).json()


def test_the_status_of_a_used_key_has_no_warning(admin, empresa, router):
    keys.authenticate(keys.issue(router).token)

    body = status(admin, empresa, router)

    assert (body["status"], body["use_count"], body["expires_in_days"]) == ("active", 1, 364)
    assert (body["warning"], body["recommendation"], body["message"]) == (None, None, None)


def test_the_status_warns_of_a_key_that_nobody_uses(admin, empresa, router):
    keys.issue(router)

    assert status(admin, empresa, router)["warning"] == "Esta API Key nunca ha sido usada"


@pytest.mark.parametrize(
    ("days", "warning"),
    [(15, "La API Key expira en 15 días"), (29, "La API Key expira en 29 días"), (30, None)],
)
def test_the_status_warns_of_the_end_below_thirty_days(admin, empresa, router, days, warning):
    keys.authenticate(keys.issue(router).token)
    key = router.keys.get()
    key.expires_at = timezone.now() + timedelta(days=days, minutes=5)
    key.save()

    body = status(admin, empresa, router)

    assert body["warning"] == warning
    expected = "Considerar regenerar la API Key pronto" if warning else None
    assert (body["recommendation"], body["expires_in_days"]) == (expected, days)


def test_an_expired_key_is_no_key(admin, client_of, empresa, router):
    keys.issue(router)

    with time_machine.travel(timezone.now() + keys.LIFETIME, tick=False):
        later = client_of(UserFactory(is_superuser=True))
        body = status(later, empresa, router)

    assert body == {
        "router_id": router.public_id,
        "has_active_key": False,
        "key_id": None,
        "issued_at": None,
        "expires_at": None,
        "expires_in_days": None,
        "last_used": None,
        "use_count": 0,
        "status": "no_key",
        "warning": None,
        "recommendation": "Generar una nueva API Key",
        "message": "No hay API Key activa para este router",
    }


def test_deleting_a_router_deletes_its_keys(admin, empresa, router):
    keys.issue(router)

    answer = admin.delete(path(empresa, f"/{router.public_id}"))

    assert answer.json() == {
        "message": "Router eliminado exitosamente",
        "router_id": router.public_id,
        "empresa_id": empresa.public_id,
    }
    assert not Router.objects.exists()


def test_companies_are_made_read_and_changed(admin, db):
    made = admin.post(
        "/admin/empresas", {"nombre": "Café Sol", "contacto_email": "sol@example.com"}
    )
    url = f"/admin/empresas/{made.json()['id']}"

    changed = admin.put(url, {"activa": False, "contacto_telefono": "+52 55 1234"})

    assert made.status_code == 201
    assert re.fullmatch(r"EMP_[0-9A-F]{10}", made.json()["id"])
    assert made.json()["contacto_telefono"] is None
    assert changed.json() == admin.get(url).json()
    assert (changed.json()["activa"], changed.json()["nombre"]) == (False, "Café Sol")
    assert changed.json() in admin.get("/admin/empresas/").json()


def test_a_super_admins_key_pair_works_here(anonymous, db):
    headers = pair_of(UserFactory(is_superuser=True))

    assert anonymous.get("/admin/empresas", **headers).status_code == 200


def test_nobody_else_gets_in(anonymous, client, empresa):
    assert anonymous.get("/admin/empresas").status_code == 401
    assert anonymous.get("/admin/empresas", HTTP_AUTHORIZATION="Bearer x").status_code == 401
    refused = client.get(path(empresa))
    assert (refused.status_code, list(refused.json())) == (403, ["detail"])


def test_errors_outside_a_view_have_the_familys_shape_too(admin, empresa):
    assert list(admin.get("/admin/empresas/a/b/c/d/e").json()) == ["detail"]
    assert list(admin.patch("/admin/empresas").json()) == ["detail"]
    broken = admin.post("/admin/empresas", "{", content_type="application/json")
    assert (broken.status_code, list(broken.json())) == (400, ["detail"])


def test_a_replayed_create_makes_one_router_and_shows_no_key_again(admin, empresa):
    first = admin.post(path(empresa), body_of(empresa), HTTP_IDEMPOTENCY_KEY="k1")
    second = admin.post(path(empresa), body_of(empresa), HTTP_IDEMPOTENCY_KEY="k1")

    assert second.json() == {**first.json(), "api_key": None}
    assert Router.objects.count() == 1


def test_messages_about_fields_name_the_pages_fields(admin, empresa):
    answer = admin.post(path(empresa), {})

    for name in ("empresa_id", "nombre", "host", "usuario", "password"):
        assert name in answer.json()["detail"]
