"""What nobody should send: to every operation, in every place. All of it is answered in JSON."""

import json
import os
import re
from zlib import crc32

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from routers import services
from tests.document import DOCUMENT
from tests.routes import own_values
from tests.undoing import undone

OPERATIONS = [
    pytest.param(path, verb, operation, id=f"{verb.upper()} {path}")
    for path, verbs in DOCUMENT["paths"].items()
    for verb, operation in verbs.items()
]
WITH_BODY = [param for param in OPERATIONS if "requestBody" in param.values[2]]
# One body parser reads for all operations of a family.
ONE_OF_EACH_FAMILY = list({param.values[2]["tags"][0]: param for param in WITH_BODY}.values())


# Sending everything everywhere takes minutes: `make campaign` does.
EVERYTHING = "EVERY_VALUE" in os.environ


def some_of(values, *place, one_in):
    """Return what of `values` is sent to this place: each goes to its share of all places."""
    if EVERYTHING:
        return list(values)
    first = crc32(" ".join(place).encode()) % one_in
    return list(values)[first::one_in]


def send(client, path, verb, body, content_type="application/json"):
    return client.generic(verb.upper(), path, body, content_type=content_type)


def is_refused(response):
    """Whether this is a refusal in its family's shape."""
    return 400 <= response.status_code < 500 and has_a_familys_shape(response)


def has_a_familys_shape(response):
    names = response.json().keys()
    return (
        {"error", "code"} <= names
        or names == {"detail"}
        or {"message", "error"} <= names
        or {"Code", "Message"} <= names
    )


def is_an_answer(response):
    return response.status_code < 400 or is_refused(response)


@pytest.fixture
def operator(operator):
    """The operator as a super admin too, so that the paths for those are open to what is sent."""
    operator.is_superuser = True
    operator.save()
    return operator


@pytest.fixture
def fill(operator, device, providers, monkeypatch, settings):
    """Return a function that puts rows of the operator's into a path."""
    monkeypatch.setattr(services, "COMMAND_SECONDS", 0.5)
    settings.LIMITS = dict.fromkeys(settings.LIMITS, (10**6, 60))
    return lambda path: path.format(**own_values(path, operator, port=device.port("api")))


# --- Bodies ---------------------------------------------------------------------------------

# What each operation is sent.
BODIES = {
    "nothing": b"",
    "a list": b"[]",
    "a list of objects": b'[{"name": "x"}]',
    "a string": b'"name"',
    "a number": b"7",
    "null": b"null",
    "true": b"true",
    "half an object": b'{"name": "x"',
    "noise": bytes(range(256)),
    "deep lists": b'{"name": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "too much": b'{"name": "' + b"x" * (1 << 20) + b'"}',
    "a field that is not there": b'{"no_such_field": 1}',
}
# What its parser refuses before any operation hears of it.
UNREADABLE = {
    "two objects": b"{}{}",
    "not a number": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "more than infinity": b'{"name": 1e999}',
    "more digits than Python reads": b'{"name": ' + b"9" * 5000 + b"}",
    "Latin-1": '{"name": "Café"}'.encode("latin-1"),
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a NUL": b"\0",
    "deep objects": b'{"name":' * 20_000 + b"1" + b"}" * 20_000,
    "an open bracket, often": b"[" * 200_000,
    "a field that cannot be written": b'{"\\ud800": 1, "\\u0000": 2}',
}


@pytest.mark.parametrize(("path", "verb", "operation"), WITH_BODY)
def test_a_body_that_is_no_object_of_ours_is_refused(client, fill, path, verb, operation):
    bodies = some_of(BODIES.items(), verb, path, one_in=2)
    path = fill(path)
    may_be_left_out = not operation["requestBody"].get("required")

    for name, body in bodies:
        response = send(client, path, verb, body)

        # The mesh page's clients send whole objects: what we do not know of them is passed over.
        is_passed_over = path.startswith("/api/") and name == "a field that is not there"
        is_good = is_passed_over or (may_be_left_out and not body)
        assert is_refused(response) or (is_good and is_an_answer(response)), name


@pytest.mark.parametrize(("path", "verb", "operation"), ONE_OF_EACH_FAMILY)
def test_a_body_that_nobody_can_read_is_refused(client, fill, path, verb, operation):
    path = fill(path)

    for name, body in UNREADABLE.items():
        assert is_refused(send(client, path, verb, body)), name


@pytest.mark.parametrize(
    ("path", "verb", "operation"), [p for p in OPERATIONS if p not in WITH_BODY]
)
def test_a_body_where_none_is_expected_does_no_harm(client, fill, path, verb, operation):
    bodies = some_of(BODIES.items(), verb, path, one_in=3)
    path = fill(path)

    for name, body in bodies:
        assert is_an_answer(send(client, path, verb, body)), name


KINDS = {
    "text": ("text/plain", b"name=x"),
    "HTML": ("text/html", b"<p>x</p>"),
    "XML": ("application/xml", b"<name>x</name>"),
    "no kind": ("", b'{"name": "x"}'),
    "nonsense": ("\xff;;==", b'{"name": "x"}'),
    "JSON in another charset": ("application/json; charset=utf-16", b'{"name": "x"}'),
    "JSON in no charset": ("application/json; charset=nonsense", b'{"name"'),
    "a form in no charset": ("application/x-www-form-urlencoded; charset=nonsense", b"no_such=1"),
    "a form": ("application/x-www-form-urlencoded", b"no_such_field=1"),
    "a form that is JSON": ("application/x-www-form-urlencoded", b'{"name": "x"}'),
    "a form with a NUL": ("application/x-www-form-urlencoded", b"no_such%00=%00"),
    "a form with noise": ("application/x-www-form-urlencoded", b"%ff=%ff&&=&%"),
    "a form with a thousand fields": (
        "application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(1001)),
    ),
    "parts without a boundary": ("multipart/form-data", b"x"),
    "parts that never end": (MULTIPART_CONTENT, f"--{BOUNDARY}\r\nContent-Disposition".encode()),
    "parts that are none": (MULTIPART_CONTENT, b'{"name": "x"}'),
    "a file": (
        MULTIPART_CONTENT,
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="no_such"; filename="x"\r\n\r\n'
        f"x\r\n--{BOUNDARY}--\r\n".encode(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "verb", "operation"), ONE_OF_EACH_FAMILY)
def test_a_body_of_another_kind_is_refused_or_read(client, fill, path, verb, operation):
    path = fill(path)

    for name, (content_type, body) in KINDS.items():
        assert is_an_answer(send(client, path, verb, body, content_type)), name


# --- Fields ---------------------------------------------------------------------------------

# What fits no field at all.
NOWHERE = {
    "a NUL": "a\0b",
    "half a pair": "\ud800",
    "a very long string": "x" * 100_000,
    "a list": [["x"]],
    "a list of much": [{}] * 1000,
    "an object of no field": {"no such": {"field": [1]}},
}
# What fits some: it must be answered, whichever way.
SOMEWHERE = {
    "null": None,
    "true": True,
    "nothing": "",
    "a space": " ",
    "zero": 0,
    "minus one": -1,
    "a fraction": 0.1,
    "a huge number": 10**30,
    "a number near infinity": 1e308,
    "an object": {},
    "an empty list": [],
    "right to left": "\u202ex\u202c",
    "other digits": "\u0663",
    "a line": "a\r\nb: c",
    "markup": "<script>alert(1)</script>",
    "a quotation mark": "' OR 1=1 --",
    "a format": "%s%n{0.__class__}",
}


def fields_of(operation):
    """Return the fields that this operation reads."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    of_lists = {"limit", "after"}  # which the guest gateway's example does not ask for
    return [
        field
        for field in DOCUMENT["components"]["schemas"][name]["properties"]
        if not (operation["tags"] == ["guest-gateway"] and field in of_lists)
    ]


def example_of(operation):
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    return next(iter(examples.values()))["value"]


# PUT and PATCH are one change here: neither needs more than what is to change.
WITH_FIELDS = [
    param
    for param in WITH_BODY
    if param.values[1] != "put" or "patch" not in DOCUMENT["paths"][param.values[0]]
]


@pytest.fixture
def answers(client, fill):
    """Return a function that sends a field of an operation some values, each to rows as they were.

    Yields what to call the value, and the answer.
    """

    def send_each(path, verb, operation, values, *, one_in):
        filled, example = fill(path), example_of(operation)
        for field in fields_of(operation):
            for name, value in some_of(values.items(), verb, path, field, one_in=one_in):
                with undone():
                    response = send(client, filled, verb, json.dumps({**example, field: value}))
                yield f"{field}: {name}", response

    return send_each


@pytest.mark.sql
@pytest.mark.parametrize(("path", "verb", "operation"), WITH_FIELDS)
def test_a_value_that_fits_nowhere_is_refused(answers, path, verb, operation):
    for name, response in answers(path, verb, operation, NOWHERE, one_in=4):
        assert is_refused(response), name


@pytest.mark.sql
@pytest.mark.parametrize(("path", "verb", "operation"), WITH_FIELDS)
def test_a_value_that_may_fit_is_answered(answers, path, verb, operation):
    for name, response in answers(path, verb, operation, SOMEWHERE, one_in=7):
        assert is_an_answer(response), name


# --- Paths and queries ----------------------------------------------------------------------

SEGMENTS = [
    "0", "-1", "1.0", "1e3", "1_0", "+1", "0x1", "%20", "%00", "1%00", "%ff", "%0a", "%2e%2e",
    "\u0663", "\U0001f600", "%ed%a0%80", "9" * 19, "9" * 30, "9" * 5000, "x" * 5000, "null",
    "'%20OR%201=1", "EMP_", "{id}", "<int:pk>",
]  # fmt: skip


@pytest.mark.sql
@pytest.mark.parametrize(
    ("path", "verb", "operation"), [p for p in OPERATIONS if "{" in p.values[0]]
)
def test_a_path_that_names_nothing_is_not_found(client, token, path, verb, operation):
    if path.startswith("/portal/"):
        client.credentials(HTTP_X_API_KEY=token)
    for segment in some_of(SEGMENTS, verb, path, one_in=4):
        values = dict.fromkeys(re.findall(r"{(\w+)}", path), segment)

        response = send(client, path.format(**values), verb, b"{}")

        assert response.status_code in {400, 404}, segment
        assert has_a_familys_shape(response)


NUMBERS = ["0", "-1", "", "x", "1.0", "1e3", "%00", "%ff", "9" * 30, "9" * 5000, "\u0663", "1_0"]


@pytest.mark.parametrize("name", ["limit", "cursor"])
@pytest.mark.parametrize("value", NUMBERS)
@pytest.mark.parametrize("path", ["/routers/", "/users/companies/"])
def test_a_page_that_is_no_number_is_refused(client, path, name, value):
    assert is_refused(client.get(f"{path}?{name}={value}"))


@pytest.mark.parametrize("query", ["count=perhaps", "count=%ff", "count=", "count=1"])
def test_a_count_is_true_or_false(client, query):
    assert is_refused(client.get(f"/routers/?{query}"))


@pytest.mark.parametrize(
    "query", ["?", "?&&=&", "?%ff=%ff", "?%00=1", "?a[]=1&a[b]=2", "?" + "a=1&" * 2000]
)
def test_a_query_that_nobody_reads_does_no_harm(client, query):
    assert client.get(f"/routers/{query}").status_code in {200, 400}
