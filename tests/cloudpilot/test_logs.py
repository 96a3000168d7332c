"""Logs: one JSON object a line, whatever is in it, each with the id of its request."""

import json
import logging
import re

import pytest

from cloudpilot.logs import JsonFormatter, current_request_id
from cloudpilot.models import AuditEvent

NASTY = [
    "a\nb", "a\r\nb", "a\x1b[31mb", "a\u2028b", "a\u2029b", "a\x85b", "a\0b", '"}\n{"level": "x"',
    "\ud800", "é🥭", "\x1b]0;title\x07",
]  # fmt: skip


def record(message, *args, **extra):
    made = logging.LogRecord("test", logging.INFO, "file.py", 1, message, args, None)
    made.__dict__.update(extra)
    return made


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_a_record_is_one_line_of_json_whatever_it_says(text):
    line = JsonFormatter().format(record("%s", text, fields={"path": text, text: text}))

    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == text
    assert json.loads(line)["path"] == text


def test_a_traceback_stays_on_its_line():
    try:
        raise ValueError("a\nb")
    except ValueError as exc:
        made = record("broken")
        made.exc_info = (type(exc), exc, exc.__traceback__)

    line = JsonFormatter().format(made)

    assert "\n" not in line
    assert "ValueError: a\nb" in json.loads(line)["traceback"]


@pytest.fixture
def lines(caplog):
    """The lines that a request leaves in the log, as they are written."""
    return lambda: [JsonFormatter().format(r) for r in caplog.records]


def fields_of(caplog):
    return [r.fields for r in caplog.records if r.name == "cloudpilot.request"]


def test_every_request_leaves_one_line(anonymous, caplog):
    with caplog.at_level("INFO"):
        anonymous.get("/no/such/path?api-key=canary")

    (fields,) = fields_of(caplog)
    assert fields | {"ms": 0} == {
        "method": "GET",
        "path": "/no/such/path",
        "status": 404,
        "ms": 0,
    }


def test_the_query_string_is_not_logged(anonymous, caplog):
    with caplog.at_level("DEBUG"):
        anonymous.get("/users/profile/?api-key=canary")

    assert "canary" not in caplog.text
    assert "canary" not in str([vars(r) for r in caplog.records if r.name != "django.request"])


@pytest.mark.parametrize("path", ["/a%0Ab", "/a%0D%0A%7B%22level%22%3A1%7D", "/%1b%5B31m", "/%ff"])
def test_a_path_with_line_ends_stays_one_line(anonymous, caplog, lines, path):
    with caplog.at_level("INFO"):
        anonymous.get(path)

    for line in lines():
        assert line.isprintable()
        json.loads(line)


def test_an_answer_names_its_request(anonymous):
    first, second = (anonymous.get("/no")["X-Request-ID"] for _ in range(2))

    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second


def test_a_callers_own_id_is_taken_over(anonymous):
    answer = anonymous.get("/no", HTTP_X_REQUEST_ID="from-a-load-balancer_1")

    assert answer["X-Request-ID"] == "from-a-load-balancer_1"


@pytest.mark.parametrize("offered", ["short", "x" * 65, "a b c d e f", "é" * 10, "abcdefgh\n", ""])
def test_an_id_that_is_none_is_replaced(anonymous, offered):
    answer = anonymous.get("/no", HTTP_X_REQUEST_ID=offered)

    assert re.fullmatch(r"[0-9a-f]{16}", answer["X-Request-ID"])


def test_an_audit_row_names_its_request(client):
    answer = client.post("/users/generate-api-key/")

    assert AuditEvent.objects.get().request_id == answer["X-Request-ID"]


def test_outside_of_a_request_there_is_no_id(anonymous):
    anonymous.get("/no")

    assert current_request_id() == ""
