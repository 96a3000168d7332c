"""Requests that nobody would write, to every operation: each is answered as the document says.

`make campaign` asks at length: it sends as many more as one likes, each example of the document,
and what lies at the edges of every schema.
"""

import os
from copy import deepcopy

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cloudpilot.wsgi import application
from routers import services
from tests.document import DOCUMENT
from tests.routes import own_values
from tests.undoing import undone
from users import tokens

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
AT_LENGTH = "FUZZ_EXAMPLES" in os.environ


def refuses_what_does_not_fit(ctx, response, case):
    """Refuse what is not as the document says; only 7 may stand for "7", as forms have it."""
    body = case.body if isinstance(case.body, dict) else {}
    if not any(isinstance(value, int | float) for value in body.values()):
        negative_data_rejection(ctx, response, case)


# Not whether data that fits the schema is accepted: which names are taken, which hosts are
# allowed and what a router understands stands in no schema.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    refuses_what_does_not_fit,
]

schema = schemathesis.openapi.from_dict(deepcopy(DOCUMENT))
schema.app = application
# Thousands of requests, all of them made up before the first test begins.
schema.config.phases.coverage.enabled = AT_LENGTH
schema.config.phases.examples.enabled = AT_LENGTH  # tests/docs/test_examples.py sends them too


@pytest.fixture
def one_connection():
    """Keep the application from closing the connection that the test's transaction is on."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.fuzz
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_asked_is_answered_as_the_document_says(
    case, operator, device, providers, monkeypatch, one_connection
):
    monkeypatch.setattr(services, "COMMAND_SECONDS", 0.5)
    with undone():
        operator.is_superuser = True  # which only the paths for super admins ask
        operator.save()
        own = own_values(case.path, operator, port=device.port("api"))
        if case.meta.generation.mode.is_positive:  # else it may be the path that is wrong
            case.path_parameters.update({name: own[name] for name in case.path_parameters})
        token = tokens.start_family(operator).access_token

        response = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(response, checks=CHECKS)
        kind = response.headers.get("content-type", ["application/json"])  # of a 304 there is none
        assert response.status_code < 400 or kind == ["application/json"]
