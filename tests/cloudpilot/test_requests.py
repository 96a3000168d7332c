"""Requests that no client should send, and the two spellings of every path."""

import io
import json
import zlib

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings

from cloudpilot import health
from cloudpilot.wsgi import application, readable
from tests.routes import all_routes
from tests.undoing import undone

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def call(method, path, body=b"", content_type="application/json", **environ):
    """Call the WSGI application itself, as a web server does; return status, headers, body."""
    answered = {}

    def start_response(status, headers, exc_info=None):
        answered.update(status=int(status[:3]), headers=dict(headers))

    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        **environ,
    }
    for signal in (request_started, request_finished):
        signal.disconnect(
            close_old_connections
        )  # it would close the test's own, as test clients know
    try:
        result = application(environ, start_response)
        content = b"".join(result)
        result.close()
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
    return answered["status"], answered["headers"], content


LOGIN = b'{"username": "amina", "password": "mango"}'
CONTENT_TYPES = [
    "application/json; charset=rot13",
    "application/json; charset=idna",
    "application/json; charset=nonsense",
    "application/json; charset*=nonsense''x",
    "application/json; charset*=utf-8''%ff",
    "application/x-www-form-urlencoded; charset=rot13",
    "application/x-www-form-urlencoded; charset=hex",
    "multipart/form-data; charset=rot13; boundary=x",
    "multipart/form-data; boundary*=nonsense''x",
    "multipart/form-data; boundary=\xff",
    "multipart/form-data",
    "; charset=utf-8",
    ";;;=",
    "\xff\xff",
    "application/json" + ";a=b" * 5000,
]


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("content_type", CONTENT_TYPES, ids=range(len(CONTENT_TYPES)))
def test_no_content_type_breaks_anything(content_type, debug):
    with override_settings(DEBUG=debug):
        status, headers, content = call("POST", "/users/login/?a=b", LOGIN, content_type)

    assert status in {400, 401, 415}
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(content).keys() >= {"error", "code"}


@pytest.mark.django_db
def test_a_charset_is_no_way_to_unpack_a_bomb():
    bomb = zlib.compress(b'{"username": "' + b"x" * 10_000_000 + b'"}')

    status, _, _ = call("POST", "/users/login/", bomb, "application/json; charset=zlib")

    assert status == 400


def test_a_charset_is_taken_off_and_the_rest_kept():
    typed = 'multipart/form-data; charset=latin-1; boundary="a b"'

    assert readable(typed) == 'multipart/form-data; boundary="a b"'
    assert readable("application/json") == "application/json"


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["-1", "x", "1" * 5000, " 7", ""])
def test_no_content_length_breaks_anything(length):
    status, _, _ = call("POST", "/users/login/", LOGIN, CONTENT_LENGTH=length)

    assert status in {400, 401, 413}


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "a/b"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(kind):
    with override_settings(LARGEST_BODY=100):
        status, _, content = call("POST", "/users/login/", b"x" * 101, kind)

    assert (status, json.loads(content)["code"]) == (413, "too_large")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b'{"\\ud800": 1}',
        b'{"a": {"\\udfff": 1}}',
        b'{"a": ["\\uD83D"]}',
        b'{"username": 1e999}',
        b'{"username": -Infinity}',
        b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a": ' + b'{"b":' * 40 + b"1" + b"}" * 41,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"\xff",
        '{"username": "é"}'.encode("latin-1"),
        '{"username": "a"}'.encode("utf-16"),
    ],
    ids=range(11),
)
def test_json_that_could_not_be_written_again_is_400(anonymous, body):
    answer = anonymous.generic("POST", "/users/login/", body, "application/json")

    assert answer.status_code == 400
    assert answer.json().keys() >= {"error", "code"}


@pytest.mark.django_db
def test_a_whole_surrogate_pair_is_a_character(anonymous):
    body = b'{"username": "\\ud83e\\udd6d", "password": "\\ud83e\\udd6d"}'

    assert anonymous.generic("POST", "/users/login/", body, "application/json").status_code == 401


@pytest.mark.parametrize("path", ["/%00", "/users/%00/", "/users/companies/%00/", "/console/%00"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_nul_in_a_path_is_404(anonymous, path, verb):
    answer = anonymous.generic(verb, path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/", "/openapi.json", "/swagger/", "/redoc/"])
@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "FOO"])
def test_a_wrong_verb_on_a_page_is_a_405_in_json_that_names_the_right_ones(anonymous, path, verb):
    answer = anonymous.generic(verb, path)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_a_verb_that_nobody_knows_on_a_path_that_nobody_knows_is_404(anonymous):
    assert anonymous.generic("FOO", "/no/such").status_code == 404


def crash(*args, **kwargs):
    raise RuntimeError("canary-in-the-crash")


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("where", ["check_permissions", "get", "finalize_response"])
def test_a_crash_anywhere_is_the_fixed_sentence(anonymous, db, monkeypatch, caplog, where, debug):
    monkeypatch.setattr(health.HealthView, where, crash)
    anonymous.raise_request_exception = False

    with override_settings(DEBUG=debug):
        answer = anonymous.get("/health/")

    assert answer.status_code == 500
    assert answer.json() == {"error": "Internal server error occurred", "code": "internal_error"}
    assert "canary-in-the-crash" in caplog.text


# --- Both spellings of a path ---------------------------------------------------------------

ROUTES = all_routes()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.pattern)
def test_a_path_answers_alike_with_and_without_its_slash(client, router, route):
    company = router.company.public_id
    # The keys of a router that is not there: to make one twice would answer two of them.
    absent = {"empresa_id": company, "router_id": "RTR_0", "router_pk": 10**9, "key_id": "key_0"}
    absent["label"] = "0000000000"  # of a gateway
    absent |= {"receipt": "2" * 27, "provider": "kopokopo", "method": "mpesa", "status": "pending"}
    absent |= {"netid": "nowhere", "mac": "02:00:5e:00:53:01", "username": "nobody"}
    absent |= {"name": "nothing", "filename": "nothing"}
    path = route.path(pk=router.pk, public_id=company, company_id=company, **absent).rstrip("/")

    for verb in VERBS:
        with undone():
            bare = client.generic(verb, path, "[]", "application/json")
            slashed = client.generic(verb, f"{path}/", "[]", "application/json")

        gone = verb == "DELETE" and bare.status_code == 200  # so the second finds nothing
        assert bare.status_code not in {301, 302, 307, 308}, verb
        assert slashed.status_code == (404 if gone else bare.status_code), verb


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health", "/swagger", "/redoc", "/openapi.json/", "/console"])
def test_pages_answer_with_and_without_it_too(anonymous, path):
    assert anonymous.get(path).status_code in {200, 302}


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["users/user", "users/company", "routers/router", "login"])
def test_so_does_the_console(admin_client, page):
    bare, slashed = (admin_client.get(f"/console/{page}{end}") for end in ("", "/"))

    assert bare.status_code == slashed.status_code


def test_one_idempotency_key_fits_both_spellings(client):
    first = client.post("/users/companies/", {"name": "A"}, HTTP_IDEMPOTENCY_KEY="k")
    second = client.post("/users/companies", {"name": "A"}, HTTP_IDEMPOTENCY_KEY="k")

    assert second.status_code == 201
    assert second.json() == first.json()
