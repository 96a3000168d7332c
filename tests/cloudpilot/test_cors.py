"""Other origins: none by default, those that are named, and never with credentials."""

import pytest

PORTAL = "https://portal.example.com"
OTHERS = [
    "https://evil.example", "null", "http://portal.example.com", "https://portal.example.com:8443",
    "https://portal.example.com.evil.example", "https://evil.portal.example.com", "",
    "https://portal.example.comevil.example",
]  # fmt: skip


def ask(client, origin, verb="get"):
    preflight = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST"} if verb == "options" else {}
    return getattr(client, verb)("/users/profile/", HTTP_ORIGIN=origin, **preflight)


@pytest.mark.parametrize("verb", ["get", "options"])
@pytest.mark.parametrize("origin", [PORTAL, *OTHERS])
def test_by_default_no_other_origin_may_read_an_answer(client, origin, verb):
    assert "Access-Control-Allow-Origin" not in ask(client, origin, verb)


@pytest.mark.parametrize("origin", OTHERS)
def test_an_origin_that_only_looks_like_a_named_one_may_not(client, settings, origin):
    settings.CORS_ALLOWED_ORIGINS = [PORTAL]

    assert "Access-Control-Allow-Origin" not in ask(client, origin)


@pytest.mark.parametrize("verb", ["get", "options"])
def test_a_named_origin_may_but_without_credentials(client, settings, verb):
    settings.CORS_ALLOWED_ORIGINS = [PORTAL]

    answer = ask(client, PORTAL, verb)

    assert answer["Access-Control-Allow-Origin"] == PORTAL
    assert "Access-Control-Allow-Credentials" not in answer
    assert "origin" in answer["Vary"].lower()


@pytest.mark.parametrize("path", ["/no/such/path", "/users/login/", "/routers/1/"])
def test_a_named_origin_may_read_refusals_too(anonymous, db, settings, path):
    settings.CORS_ALLOWED_ORIGINS = [PORTAL]

    answer = anonymous.post(path, "[]", content_type="application/json", HTTP_ORIGIN=PORTAL)

    assert answer.status_code >= 400
    assert answer["Access-Control-Allow-Origin"] == PORTAL
