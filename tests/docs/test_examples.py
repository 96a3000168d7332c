"""The examples of the OpenAPI document, which the API reference shows, work as they stand."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from openapi_schema_validator import OAS30Validator

from cloudpilot.tenancy import Role
from tests.factories import MembershipFactory, RouterFactory, UserFactory

VERBS = {"get", "post", "put", "patch", "delete"}
OPENAPI = SchemaGenerator().get_schema(public=True)
OPERATIONS = [
    (f"{verb.upper()} {path}", verb, path, operation)
    for path, item in OPENAPI["paths"].items()
    for verb, operation in item.items()
    if verb in VERBS
]


def _shown(content):
    """Yield the schema and each example of a JSON body."""
    body = content.get("application/json", {})
    if "example" in body:
        yield body["schema"], body["example"]
    for example in body.get("examples", {}).values():
        yield body["schema"], example["value"]


ANSWERS = [
    pytest.param(schema, example, id=f"{name} {status} {number}")
    for name, _, _, operation in OPERATIONS
    for status, answer in operation["responses"].items()
    for number, (schema, example) in enumerate(_shown(answer.get("content", {})))
]
REQUESTS = [
    pytest.param(verb, path, example, id=f"{name} {number}")
    for name, verb, path, operation in OPERATIONS
    for number, (_, example) in enumerate(
        _shown(operation.get("requestBody", {}).get("content", {}))
    )
]


@pytest.mark.parametrize(("schema", "example"), ANSWERS)
def test_an_answers_example_has_the_fields_of_its_schema(schema, example):
    whole = {**schema, "components": OPENAPI["components"]}

    assert not [error.message for error in OAS30Validator(whole).iter_errors(example)]


@pytest.mark.parametrize(("verb", "path", "example"), REQUESTS)
def test_a_requests_example_is_accepted(verb, path, example, client, operator, device):
    if path in {"/users/login/", "/users/api-key-login/"}:
        UserFactory(username=example.get("username"), password=example.get("password"))
    router = RouterFactory(owner=operator, port=device.port("api"))
    member = MembershipFactory(company=operator.personal_company, role=Role.VIEWER)
    ids = {
        "{id}": str(member.pk if "/members/" in path else router.pk),
        "{company_id}": operator.personal_company.public_id,
        "{public_id}": operator.personal_company.public_id,
    }
    for name, value in ids.items():
        path = path.replace(name, value)

    response = getattr(client, verb)(path, example)

    assert response.status_code in {200, 201}, response.content
