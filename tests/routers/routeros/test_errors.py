import http.client
import json
import socket
import ssl

import librouteros.exceptions
import pytest

from routers.routeros import errors
from routers.routeros.translate import FOREIGN, translated


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("no such command or directory (aasasa)", errors.UnknownCommand),
        ("no such command prefix", errors.UnknownCommand),
        ("no such command", errors.UnknownCommand),
        ("no such item", errors.NoSuchItem),
        ("no such item (4)", errors.NoSuchItem),
        ("Not Found", errors.NoSuchItem),
        ("unknown parameter frob", errors.UnknownParameter),
        ("unknown parameter", errors.UnknownParameter),
        ("input does not match any value of profile", errors.InvalidValue),
        (
            "ambiguous value of pool, more than one possible value matches input",
            errors.InvalidValue,
        ),
        ("invalid value for argument address", errors.InvalidValue),
        ("failure: invalid value of mac-address", errors.InvalidValue),
        ("value out of range (1..255)", errors.InvalidValue),
        ("missing value(s) of argument(s) name", errors.InvalidValue),
        ("missing =account=", errors.InvalidValue),
        ("failure: already have user with this name for this server", errors.AlreadyExists),
        ("failure: already have such entry", errors.AlreadyExists),
        ("already have interface with name wg1", errors.AlreadyExists),
        ("failure: user with the same name already exists", errors.AlreadyExists),
        ("not enough permissions (9)", errors.NotPermitted),
        ("interrupted", errors.Interrupted),
        ("Session closed", errors.Interrupted),
        ("action failed (6)", errors.Refused),
        ("unknown host IP 10.5.50.9", errors.Refused),
        ("wrong MAC provided", errors.Refused),
        ("", errors.Refused),
    ],
)
def test_the_router_s_words_say_what_kind_of_refusal_it_is(message, kind):
    assert type(errors.refusal(message)) is kind


@pytest.mark.parametrize(
    ("category", "kind"),
    [(1, errors.InvalidValue), (2, errors.Interrupted), (4, errors.Refused), (0, errors.Refused)],
)
def test_the_category_narrows_words_that_are_not_known(category, kind):
    refused = errors.refusal("something new", category=category)

    assert (type(refused), refused.category) == (kind, category)


def test_a_refusal_has_the_status_that_rest_would_give_unless_it_came_with_one():
    assert errors.refusal("no such item").status == 404
    assert errors.refusal("no such item", status=400).status == 400


@pytest.mark.parametrize(
    ("foreign", "kind"),
    [
        (TimeoutError("timed out"), errors.TimedOut),
        (ConnectionRefusedError(111, "x"), errors.Unreachable),
        (ConnectionResetError(104, "x"), errors.Unreachable),
        (BrokenPipeError(32, "x"), errors.Unreachable),
        (ssl.SSLEOFError(8, "x"), errors.Unreachable),
        (ssl.SSLZeroReturnError(6, "x"), errors.Unreachable),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), errors.TlsUntrusted),
        (socket.gaierror(-2, "x"), errors.Unreachable),
        (OSError(113, "No route to host"), errors.Unreachable),
        (http.client.RemoteDisconnected("x"), errors.Unreachable),
        (http.client.IncompleteRead(b"x"), errors.Unreachable),
        (http.client.BadStatusLine("x"), errors.NotRouterOS),
        (json.JSONDecodeError("x", "y", 0), errors.NotRouterOS),
        (RecursionError("x"), errors.NotRouterOS),
        (librouteros.exceptions.ConnectionClosed("x"), errors.Unreachable),
        (librouteros.exceptions.FatalError("x"), errors.NotRouterOS),
        (librouteros.exceptions.ProtocolError("x"), errors.NotRouterOS),
    ],
)
def test_foreign_errors_become_ours(foreign, kind):
    with pytest.raises(errors.Unavailable) as caught, translated():
        raise foreign

    assert type(caught.value) is kind


def every_subclass(kind):
    return {kind}.union(*map(every_subclass, kind.__subclasses__()))


@pytest.mark.parametrize(
    "base",
    [librouteros.exceptions.LibRouterosError, http.client.HTTPException, ssl.SSLError],
)
def test_no_error_of_a_library_is_without_translation(base):
    known = tuple(foreign for foreign, _, _ in FOREIGN)

    assert all(issubclass(kind, known) for kind in every_subclass(base))


def test_no_entry_of_the_translation_hides_behind_an_earlier_one():
    kinds = [foreign for foreign, _, _ in FOREIGN]

    assert not [
        (early, late)
        for position, late in enumerate(kinds)
        for early in kinds[:position]
        if issubclass(late, early)
    ]


@pytest.mark.parametrize("foreign", [entry[0] for entry in FOREIGN])
def test_no_library_s_words_reach_our_callers(foreign):
    error = foreign.__new__(foreign)
    error.args = ("10.1.2.3 /etc/passwd",)

    with pytest.raises(errors.Unavailable) as caught, translated():
        raise error

    assert "10.1.2.3" not in caught.value.message


@pytest.mark.parametrize("kind", sorted(every_subclass(errors.Unavailable), key=str))
def test_every_reason_is_one_that_callers_know(kind):
    assert kind.reason in {
        "unreachable",
        "timeout",
        "auth_failed",
        "tls_untrusted",
        "not_routeros",
    }
