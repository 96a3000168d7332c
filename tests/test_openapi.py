"""The document that clients are made from: valid, complete, and true of what is answered."""

import re

import pytest
from django.core.management import call_command
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import validate

from tests.document import DOCUMENT
from tests.factories import RouterFactory, pair_of
from tests.routes import all_routes

OPERATIONS = [operation for verbs in DOCUMENT["paths"].values() for operation in verbs.values()]
VERBS = ("get", "post", "put", "patch", "delete")


def matching(schema):
    """Return a validator of one schema of the document."""
    return OAS30Validator({**schema, "components": DOCUMENT["components"]})


def contents(operation):
    """Yield each body's schema with its examples: what is sent, and what is answered."""
    for part in (operation.get("requestBody"), *operation["responses"].values()):
        for content in (part or {}).get("content", {}).values():
            examples = [example["value"] for example in content.get("examples", {}).values()]
            yield content["schema"], examples or [content["example"]]


def test_the_document_is_valid(anonymous):
    response = anonymous.get("/openapi.json")

    assert response.status_code == 200
    validate(response.json())


def test_the_document_is_made_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "out"))


@pytest.mark.parametrize("route", all_routes(), ids=lambda route: route.pattern)
def test_every_route_is_in_it_with_all_its_verbs(route):
    view = route.view.cls
    actions = getattr(route.view, "actions", None) or {v: v for v in VERBS if hasattr(view, v)}

    # A parameter may have another name there: `pk` is `id`.
    shape = re.sub(r"<[^>]+>", "{}", f"/{route.pattern}")
    shown = {
        verb
        for path, verbs in DOCUMENT["paths"].items()
        if re.sub(r"{[^}]+}", "{}", path) == shape
        for verb in verbs
    }
    assert shown == {verb for verb in actions if verb in VERBS}


def test_an_operation_says_what_it_is():
    for operation in OPERATIONS:
        name = operation["operationId"]
        assert operation["tags"], name
        assert operation["summary"][0].isupper(), name
        assert operation["description"].endswith("."), name


def test_no_two_operations_have_one_name():
    names = [operation["operationId"] for operation in OPERATIONS]

    assert len(set(names)) == len(names)


def test_every_body_has_examples_that_are_as_the_document_says():
    for operation in OPERATIONS:
        for schema, examples in contents(operation):
            for example in examples:
                wrong = [error.message for error in matching(schema).iter_errors(example)]
                assert not wrong, (operation["operationId"], example)


def test_no_example_shows_a_secret_that_would_open_anything():
    for operation in OPERATIONS:
        for _, examples in contents(operation):
            shown = re.search(r"cp_(pub|sec)_\w|eyJ\w", str(examples))
            assert not shown, operation["operationId"]


WAYS_IN = (
    [{"accessToken": []}, {"publicKey": [], "privateKey": []}],
    [{"accessToken": []}],
    [{"routerKey": []}],
    [{"masterKey": []}],
    [{"masterKey": []}, {"accessToken": []}, {"publicKey": [], "privateKey": []}],
    [{"masterKey": []}, {"nodeToken": []}, {"accessToken": []},
     {"publicKey": [], "privateKey": []}],
    [{}, {"masterKey": []}, {"nodeToken": []}, {"accessToken": []},
     {"publicKey": [], "privateKey": []}],
)  # fmt: skip


def test_an_operation_says_who_may_call_it_and_how_it_refuses():
    for operation in OPERATIONS:
        name, statuses = operation["operationId"], operation["responses"].keys()

        if operation.get("security"):
            assert operation["security"] in WAYS_IN, name
            assert {"401", "403"} <= statuses, name
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= statuses, name


FAMILY_ERRORS = {
    "admin": "EmpresasError",
    "guest-gateway": "GuestGatewayError",
    **dict.fromkeys(["mesh-networks", "mesh-nodes", "mesh-admins", "mesh-server"], "MeshError"),
}


def test_refusals_have_the_familys_body():
    for operation in OPERATIONS:
        if operation["operationId"] == "health":
            continue
        for status, response in operation["responses"].items():
            if status >= "400":
                schema = response["content"]["application/json"]["schema"]
                family = FAMILY_ERRORS.get(operation["tags"][0], "Error")
                shown = f"#/components/schemas/{family}'" in str(schema)
                assert shown, (operation["operationId"], status)


def test_a_full_house_says_when_to_come_again():
    for operation in OPERATIONS:
        if "429" in operation["responses"]:
            headers = operation["responses"]["429"]["headers"]
            assert "Retry-After" in headers, operation["operationId"]


def named(operation_id):
    return next(one for one in OPERATIONS if one["operationId"] == operation_id)


@pytest.mark.parametrize(
    "operation_id",
    ["register", "api_key_generate", "api_keys_rotate", "routers_create", "users_companies_create",
     "users_companies_members_create", "bulk_commands_create", "router_imports_create"],
)  # fmt: skip
def test_what_may_be_sent_again_takes_a_key(operation_id):
    operation = named(operation_id)

    assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]
    answer = operation["responses"].get("201") or operation["responses"]["202"]
    assert "Idempotency-Replayed" in answer["headers"]
    assert "422" in operation["responses"]


@pytest.mark.parametrize("operation_id", ["routers_list", "users_companies_list"])
def test_a_list_says_how_it_goes_on(operation_id):
    operation = named(operation_id)

    assert {"limit", "cursor", "count"} <= {p["name"] for p in operation["parameters"]}
    assert {"Link", "X-Total-Count"} <= operation["responses"]["200"]["headers"].keys()


def body_schema(operation_id):
    schema = named(operation_id)["requestBody"]["content"]["application/json"]["schema"]
    return matching(schema)


@pytest.mark.parametrize("operation_id", ["routers_update", "routers_partial_update"])
def test_a_change_needs_no_more_than_what_is_to_change(operation_id):
    assert body_schema(operation_id).is_valid({"name": "Bar"})
    assert body_schema(operation_id).is_valid({})


def test_a_creation_needs_all_that_it_takes():
    assert not body_schema("routers_create").is_valid({"name": "Bar"})


def test_a_field_that_would_be_refused_is_not_offered():
    for operation in OPERATIONS:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        # Clients of these two pages may send what the page never had, and always could.
        if body and not operation["tags"][0].startswith(("guest-gateway", "mesh-")):
            refused = matching(body["schema"]).iter_errors({"no_such_field": 1})
            reasons = {error.validator for error in refused}
            assert "additionalProperties" in reasons, operation["operationId"]


def test_what_deletes_says_what_it_answers():
    deletions = [
        verbs["delete"]
        for path, verbs in DOCUMENT["paths"].items()
        if path.startswith("/api/") and "delete" in verbs
    ]
    answers = {next(iter(operation["responses"])) for operation in deletions}

    assert answers == {"200"}


def test_a_nodes_token_is_named_where_a_node_may_go():
    def is_for_nodes(operation_id):
        return {"nodeToken": []} in named(operation_id)["security"]

    assert is_for_nodes("mesh_nodes_checkin")
    assert not is_for_nodes("mesh_networks_create")


def test_what_is_answered_is_what_the_document_says(client, operator):
    router = RouterFactory(owner=operator)
    component = {"$ref": "#/components/schemas/Router"}

    shown = client.get(f"/routers/{router.pk}/").json()

    matching(component).validate(shown)
    assert shown.keys() == DOCUMENT["components"]["schemas"]["Router"]["properties"].keys()


def test_both_ways_to_say_who_one_is_are_described_as_they_work(anonymous, operator):
    schemes = DOCUMENT["components"]["securitySchemes"]
    headers = {schemes["publicKey"]["name"], schemes["privateKey"]["name"]}

    pair = pair_of(operator)

    assert {f"HTTP_{name.upper().replace('-', '_')}" for name in headers} == pair.keys()
    assert anonymous.get("/routers/", **pair).status_code == 200
    assert (schemes["accessToken"]["type"], schemes["accessToken"]["scheme"]) == ("http", "bearer")
