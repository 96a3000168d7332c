"""The examples of the OpenAPI document, which the API reference shows, work as they stand."""

import pytest
from openapi_schema_validator import OAS30Validator

from hotspot.codes import normalise
from hotspot.models import Package
from hotspot.models.guest_gateway import digest_of
from networks import tokens as node_tokens
from networks.models import Network, Node
from payments import phones, receipts, settling
from routers import keys as router_keys
from routers.models import Router
from tests.document import DOCUMENT
from tests.factories import (
    AccessKeyFactory,
    ChannelFactory,
    CredentialsFactory,
    EndpointFactory,
    GuestGatewayFactory,
    HubProcessFactory,
    MembershipFactory,
    NetworkFactory,
    NodeFactory,
    PackageFactory,
    PaymentFactory,
    RouterFactory,
    UserFactory,
    make_voucher,
    said,
)
from users import keys, tokens
from users.models import Membership, User

from .likeness import ANY

GUEST_KEY = "cp_guest_example"
VERBS = {"get", "post", "put", "patch", "delete"}
OPERATIONS = [
    (f"{verb.upper()} {path}", verb, path, operation)
    for path, item in DOCUMENT["paths"].items()
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


REQUESTS = [
    pytest.param(verb, path, example, id=f"{name} {number}")
    for name, verb, path, operation in OPERATIONS
    for number, (_, example) in enumerate(
        _shown(operation.get("requestBody", {}).get("content", {}))
    )
]


@pytest.mark.parametrize(
    "operation", [pytest.param(operation, id=name) for name, _, _, operation in OPERATIONS]
)
def test_an_answers_examples_have_the_fields_of_their_schema(operation):
    for status, answer in operation["responses"].items():
        for schema, example in _shown(answer.get("content", {})):
            whole = {**schema, "components": DOCUMENT["components"]}
            wrong = [error.message for error in OAS30Validator(whole).iter_errors(example)]
            assert not wrong, (status, example)


@pytest.fixture
def ids(operator, device):
    """Rows for the ids in paths: the operator's router, company, and somebody in it."""
    operator.is_superuser = True  # which the paths for super admins ask, and no other sees
    operator.save()
    company = operator.personal_company.public_id
    member = MembershipFactory(company=operator.personal_company, user__username="juma")
    # The ids that bodies name.
    router = RouterFactory(pk=1, owner=operator, port=device.port("api"), location="Moi Avenue")
    package = PackageFactory(pk=7, router=router)
    return {
        "company_id": company,
        "public_id": company,
        "empresa_id": company,
        "member": member.pk,
        "id": router.pk,
        "router_pk": router.pk,
        "label": GuestGatewayFactory(router=router, key_digest=digest_of(GUEST_KEY)).label,
        "package": package.pk,
        "voucher": make_voucher(package).pk,
        **rows_of_a_network(operator),
        "credentials": CredentialsFactory(
            owner=operator, keys={"extra": {"till_number": "K123456"}}
        ).pk,
        "endpoint": EndpointFactory(owner=operator).public_id,
        "channel": ChannelFactory(owner=operator).public_id,
    }


def rows_of_a_network(operator):
    HubProcessFactory()
    network = NetworkFactory(owner=operator, netid="mesh")
    AccessKeyFactory(network=network, name="first")
    node = NodeFactory(network=network)
    return {"netid": "mesh", "mac": node.mac_address, "name": "first", "username": "operator"}


def prepare_mesh(path, example, client, operator, settings):
    """Make what a request to the mesh API is about, besides a network."""
    if path.endswith("/createadmin/"):
        User.objects.update(is_superuser=False)
        settings.MESH_MASTER_KEY = "secret key"
        client.credentials(HTTP_AUTHORIZATION="Bearer secret key")
    if path.endswith(("/account/", "/report/")):
        node = Node.objects.get()
        node.router = RouterFactory(owner=operator)
        node.save()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {node_tokens.issue(node)}")
    if path.endswith("/authenticate/"):
        if "username" in example:
            UserFactory(**example, is_superuser=True)
            return
        node = NodeFactory(network=Network.objects.get(), mac_address=example["macaddress"])
        node.set_password(example["password"])
        node.save()


@pytest.fixture
def secrets(operator):
    """What examples only hint at with `…`."""
    pair = keys.make_pair(operator, "Example")
    return {
        "empresa_id": operator.personal_company.public_id,
        "public_key": pair.row.public_key,
        "private_key": pair.private_key,
        "refresh_token": tokens.start_family(operator).refresh_token,
        "api-key": GUEST_KEY,
    }


def a_purchase(router, phone_number, receipt):
    """Make a purchase with this phone and the end of this receipt."""
    phone, whole = phones.normalise(phone_number), receipts.new()[: -len(receipt)] + receipt
    PaymentFactory(
        package=PackageFactory(router=router),
        phone=phone,
        phone_index=phones.index(phone),
        receipt=whole,
    )


def a_payment(package, path):
    """Make what a path of payments is about: one to decide about, or one that was paid."""
    package.price = 50_00
    payment = PaymentFactory(package=package)
    short = {"amount": 1} if path.endswith("/review/") else {}
    return settling.apply(payment.pk, said(payment, **short), source="poll").public_id


@pytest.mark.parametrize(("verb", "path", "example"), REQUESTS)
def test_a_requests_example_is_accepted(
    verb, path, example, client, ids, secrets, operator, settings
):
    if path == "/users/login/":
        UserFactory(**example)
    if path == "/users/companies/{company_id}/members/":
        Membership.objects.filter(pk=ids["member"]).delete()  # juma is let in once more
    for rows, row in (
        ("members", "member"),
        ("packages", "package"),
        ("vouchers", "voucher"),
        ("credentials", "credentials"),
    ):
        path = path.replace(f"{rows}/{{id}}", f"{rows}/{{{row}}}")
    if path.startswith("/payments/{"):
        ids["public_id"] = a_payment(Package.objects.get(pk=ids["package"]), path)
    for rows, row in (("endpoints", "endpoint"), ("channels", "channel")):
        path = path.replace(f"{rows}/{{public_id}}", f"{rows}/{{{row}}}")
    path = path.format(**ids)
    if path.startswith("/api/"):
        prepare_mesh(path, example, client, operator, settings)
    if path.startswith("/portal/"):
        router = Router.objects.get(pk=ids["router_pk"])
        client.credentials(HTTP_X_API_KEY=router_keys.issue(router).token)
        if "code" in example:
            make_voucher(PackageFactory(router=router), code=normalise(example["code"]))
        if path.endswith("/lookup/"):
            a_purchase(router, **example)
    hinted = {name: secrets[name] for name in example if ANY in str(example[name])}

    response = getattr(client, verb)(path, {**example, **hinted})

    assert response.status_code in {200, 201, 202}, response.content
