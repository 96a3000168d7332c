"""One sweep over every route there is: a stranger's row is no different from one that is not there.

A new route with parameters, or a new list, fails here until it has its line in a table below.
"""

from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.relations import RelatedField

from cloudpilot.serializers import OwnedRelatedField
from cloudpilot.tenancy import OwnedQuerySet
from networks.models import AccessKey, Network
from payments.models import Credentials
from routers import events
from routers import keys as router_keys
from routers.models import CommandBatch, RouterEvent, RouterImport
from tests.factories import (
    AccessKeyFactory,
    ChannelFactory,
    CommandBatchFactory,
    CommandResultFactory,
    CompanyFactory,
    CredentialsFactory,
    DeliveryFactory,
    EndpointFactory,
    GuestGatewayFactory,
    JobFactory,
    LoginFactory,
    MembershipFactory,
    NetworkFactory,
    NodeFactory,
    PackageFactory,
    PaymentFactory,
    RouterFactory,
    RouterImportFactory,
    RouterImportRowFactory,
    UserFactory,
    a_batch,
    a_voucher,
)
from tests.routes import all_routes
from users import keys

pytestmark = pytest.mark.sql

VERBS = ("get", "post", "put", "patch", "delete")
NOWHERE = 987_654_321
NO_DEVICE = "02:ff:ff:ff:ff:ff"
# Here everybody else is refused before any row is looked for.
FOR_SUPER_ADMINS = "admin/empresas/"

# Callers of these have no credential yet, or carry it in the body.
OPEN = {
    "users/register/", "users/login/", "users/api-key-login/", "users/token/refresh/",
    "users/logout/", "api/nodes/adm/<str:netid>/authenticate/", "api/users/adm/hasadmin/",
    "api/users/adm/authenticate/", "meshclient/files/<str:name>/",
}  # fmt: skip


def a_strangers_key():
    return keys.make_pair(UserFactory(), "Theirs").row.pk


def a_strangers_membership():
    row = MembershipFactory()
    return {"company_id": row.company.public_id, "pk": row.pk}


def a_strangers_router_key():
    key = router_keys.issue(RouterFactory()).row
    return {
        "empresa_id": key.router.company.public_id,
        "router_id": key.router.public_id,
        "router_pk": key.router.pk,
        "key_id": key.key_id,
    }


def a_strangers_gateway():
    gateway = GuestGatewayFactory()
    return {"label": gateway.label, "router_pk": gateway.router_id}


def a_strangers_access_key():
    key = AccessKeyFactory()
    return {"netid": key.network.netid, "name": key.name}


def a_strangers_node():
    node = NodeFactory()
    return {"netid": node.network.netid, "mac": node.mac_address}


def a_payment_at(router):
    account = Credentials.objects.filter(company=router.company).first()
    more = {"credentials": account} if account else {}
    return PaymentFactory(package__router=router, **more)


# How a route begins; a stranger's row for its parameters; and a row that does not exist.
ROWS = {
    "routers/<int:pk>/": (lambda: {"pk": RouterFactory().pk}, {"pk": NOWHERE}),
    "routers/commands/<str:public_id>/": (
        lambda: {"public_id": CommandBatchFactory().public_id},
        {"public_id": "CMD_0000000000000000"},
    ),
    "routers/imports/<str:public_id>/": (
        lambda: {"public_id": RouterImportFactory().public_id},
        {"public_id": "IMP_0000000000000000"},
    ),
    "payments/notifications/endpoints/<str:public_id>/": (
        lambda: {"public_id": EndpointFactory().public_id},
        {"public_id": "WHE_0000000000000000"},
    ),
    "payments/notifications/channels/<str:public_id>/": (
        lambda: {"public_id": ChannelFactory().public_id},
        {"public_id": "CHN_0000000000000000"},
    ),
    "payments/notifications/deliveries/<str:public_id>/": (
        lambda: {"public_id": DeliveryFactory().public_id},
        {"public_id": "DLV_0000000000000000"},
    ),
    "jobs/<str:public_id>/": (
        lambda: {"public_id": JobFactory().public_id},
        {"public_id": "JOB_0000000000000000"},
    ),
    "routers/packages/<int:pk>/": (lambda: {"pk": PackageFactory().pk}, {"pk": NOWHERE}),
    "hotspot/packages/<int:pk>/": (lambda: {"pk": PackageFactory().pk}, {"pk": NOWHERE}),
    "hotspot/vouchers/<int:pk>/": (
        lambda: {"pk": a_voucher(RouterFactory()).pk},
        {"pk": NOWHERE},
    ),
    "hotspot/vouchers/batches/<int:pk>/": (
        lambda: {"pk": a_batch(RouterFactory()).pk},
        {"pk": NOWHERE},
    ),
    "payments/credentials/<int:pk>/": (lambda: {"pk": CredentialsFactory().pk}, {"pk": NOWHERE}),
    "payments/credentials/provider/": (
        lambda: {"provider": CredentialsFactory().provider},
        {"provider": "kopokopo"},
    ),
    "users/api-keys/<int:pk>/": (lambda: {"pk": a_strangers_key()}, {"pk": NOWHERE}),
    "users/companies/<str:public_id>/": (
        lambda: {"public_id": CompanyFactory().public_id},
        {"public_id": "EMP_0000000000"},
    ),
    "users/companies/<str:company_id>/members/": (
        a_strangers_membership,
        {"company_id": "EMP_0000000000", "pk": NOWHERE},
    ),
    "routers/<int:router_pk>/": (
        a_strangers_router_key,
        {"router_pk": NOWHERE, "key_id": "key_0000000000000000"},
    ),
    "routers/<int:router_pk>/guest-api/": (a_strangers_gateway, {"router_pk": NOWHERE}),
    "portal/purchases/<str:receipt>/": (
        lambda: {"receipt": PaymentFactory().receipt},
        {"receipt": "2" * 27},
    ),
    "payments/<uuid:public_id>/": (
        lambda: {"public_id": PaymentFactory().public_id},
        {"public_id": "00000000-0000-4000-8000-000000000000"},
    ),
    "payments/status/<str:status>/": (lambda: {"status": "pending"}, {}),
    "payments/method/<str:method>/": (lambda: {"method": "mpesa"}, {}),
    "api/networks/<str:netid>/": (a_strangers_access_key, {"netid": "nosuchnet", "name": "none"}),
    "api/nodes/<str:netid>/": (a_strangers_node, {"netid": "nosuchnet", "mac": NO_DEVICE}),
    "api/nodes/adm/<str:netid>/": (a_strangers_node, {"netid": "nosuchnet"}),
    "api/server/addnetwork/<str:netid>/": (a_strangers_node, {"netid": "nosuchnet"}),
    "api/server/removenetwork/<str:netid>/": (a_strangers_node, {"netid": "nosuchnet"}),
    "api/users/<str:username>/": (
        lambda: {"username": UserFactory(is_superuser=True).username},
        {"username": "nobody"},
    ),
    FOR_SUPER_ADMINS: (
        a_strangers_router_key,
        {
            "empresa_id": "EMP_0000000000",
            "router_id": "RTR_00000000",
            "key_id": "key_0000000000000000",
        },
    ),
}

ROUTES = all_routes()


def of(route):
    return route.pattern


def values_for(route):
    """Return a stranger's values and absent ones for the parameters of a route."""
    known = [beginning for beginning in ROWS if route.pattern.startswith(beginning)]
    assert known, f"Say in ROWS how to fill {route.pattern}"
    make, absent = ROWS[max(known, key=len)]
    return make(), absent


def test_the_sweep_meets_the_routes():
    assert {"routers/", "routers/<int:pk>/execute-command/", "users/profile/"} <= {
        route.pattern for route in ROUTES
    }


# Whose callers are no users of ours but have a gateway's key: see tests/hotspot/gateway.
BY_GATEWAY_KEY = {"api/", "gw/<str:label>/api/"}
ROUTES = [route for route in ROUTES if route.pattern not in BY_GATEWAY_KEY]
# Here a user's credential is none; what one router's key sees of others: see tests/payments/portal.
FOR_ROUTER_KEYS = "portal/"
# What their paths name is no row.
OF_A_KIND = ("payments/status/", "payments/method/")


@pytest.mark.parametrize(
    "route",
    [
        r
        for r in ROUTES
        if r.names
        and r.pattern not in OPEN
        and not r.pattern.startswith((FOR_ROUTER_KEYS, *OF_A_KIND))
    ],
    ids=of,
)
def test_a_strangers_row_answers_as_one_that_is_not_there(client, route):
    theirs, absent = values_for(route)
    refused = {403} if route.pattern.startswith(FOR_SUPER_ADMINS) else {404, 405}

    for verb in VERBS:
        foreign = getattr(client, verb)(route.path(**theirs), {})
        missing = getattr(client, verb)(route.path(**absent), {})

        assert foreign.status_code in refused, verb
        assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)


NOBODY_TOLD = (
    {
        "error": "Authentication credentials were not provided or are invalid",
        "code": "not_authenticated",
    },
    {"detail": "Credenciales ausentes o inválidas"},
    {"Code": 401, "Message": "Authentication credentials were not provided or are invalid"},
)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.pattern not in OPEN], ids=of)
def test_whoever_says_not_who_they_are_learns_nothing_at_all(db, anonymous, route):
    path = route.path(**(values_for(route)[0] if route.names else {}))

    for verb in VERBS:
        response = getattr(anonymous, verb)(path, {})

        assert response.status_code == 401, verb
        assert response.json() in NOBODY_TOLD


@pytest.mark.parametrize("route", [r for r in ROUTES if {"company_id", "pk"} <= {*r.names}], ids=of)
def test_a_strangers_row_is_not_reached_through_ones_own_company(client, operator, route):
    theirs, _ = values_for(route)
    path = route.path(**{**theirs, "company_id": operator.personal_company.public_id})

    for verb in VERBS:
        assert getattr(client, verb)(path, {}).status_code in {404, 405}, verb


def serializers_of_views():
    classes = {getattr(route.view.cls, "serializer_class", None) for route in ROUTES}
    return sorted((c for c in classes if c), key=lambda c: c.__name__)


@pytest.mark.parametrize("serializer_class", serializers_of_views())
def test_what_a_body_names_is_looked_for_among_the_callers_own_rows(serializer_class):
    fields = serializer_class().fields.values()
    tenants = [
        field
        for field in fields
        if isinstance(field, RelatedField) and isinstance(field.queryset, OwnedQuerySet)
    ]

    assert all(isinstance(field, OwnedRelatedField) for field in tenants)


# --- Lists ----------------------------------------------------------------------------------

# Each list, and how to put one more row of the operator's into it.
LISTS = {
    "routers/packages/": lambda router, operator: PackageFactory(router=router),
    "hotspot/packages/": lambda router, operator: PackageFactory(router=router),
    "hotspot/vouchers/": lambda router, operator: a_voucher(router),
    "hotspot/vouchers/batches/": lambda router, operator: a_batch(router),
    "hotspot/logins/": lambda router, operator: LoginFactory(router=router),
    "routers/": lambda router, operator: RouterFactory(company=CompanyFactory(owner=operator)),
    "routers/<int:router_pk>/api-keys/": lambda router, operator: router_keys.regenerate(router),
    "routers/<int:router_pk>/events/": lambda router, operator: events.record(
        router, RouterEvent.Kind.REBOOTED
    ),
    "routers/commands/": lambda router, operator: CommandBatchFactory(company=router.company),
    "routers/commands/<str:public_id>/results/": lambda router, operator: CommandResultFactory(
        batch=CommandBatch.objects.get()
    ),
    "routers/imports/": lambda router, operator: RouterImportFactory(company=router.company),
    "routers/imports/<str:public_id>/rows/": lambda router, operator: RouterImportRowFactory(
        upload=RouterImport.objects.get()
    ),
    "payments/": lambda router, operator: a_payment_at(router),
    "payments/credentials/": lambda router, operator: CredentialsFactory(
        owner=operator, is_active=False
    ),
    "payments/notifications/endpoints/": lambda router, operator: EndpointFactory(
        company=router.company
    ),
    "payments/notifications/channels/": lambda router, operator: ChannelFactory(
        company=router.company
    ),
    "payments/notifications/deliveries/": lambda router, operator: DeliveryFactory(
        endpoint__company=router.company
    ),
    "jobs/": lambda router, operator: JobFactory(owner=operator),
    "users/companies/": lambda router, operator: CompanyFactory(owner=operator),
    "users/companies/<str:company_id>/members/": lambda router, operator: MembershipFactory(
        company=router.company
    ),
    "admin/empresas/": lambda router, operator: CompanyFactory(),
    "api/networks/": lambda router, operator: NetworkFactory(owner=operator),
    "api/networks/<str:netid>/keys/": lambda router, operator: AccessKeyFactory(
        network=Network.objects.get(), value=f"value{AccessKey.objects.count()}"
    ),
    "api/nodes/": lambda router, operator: NodeFactory(network__owner=operator),
    "api/nodes/<str:netid>/": lambda router, operator: NodeFactory(network=Network.objects.get()),
    "admin/empresas/<str:empresa_id>/routers": lambda router, operator: RouterFactory(
        company=router.company
    ),
    "admin/empresas/<str:empresa_id>/routers/<str:router_id>/api-keys": (
        lambda router, operator: router_keys.regenerate(router)
    ),
}

# What a list's path names, if it is neither the router nor its company.
PARENTS = {
    "routers/commands/<str:public_id>/results/": CommandBatchFactory,
    "routers/imports/<str:public_id>/rows/": RouterImportFactory,
    "api/networks/<str:netid>/keys/": NetworkFactory,
    "api/nodes/<str:netid>/": NetworkFactory,
}


@pytest.mark.parametrize("route", [r for r in ROUTES if r.is_list], ids=of)
def test_a_list_costs_as_many_queries_however_long_it_is(client, operator, route):
    assert route.pattern in LISTS, f"Say in LISTS how to add a row to {route.pattern}"
    operator.is_superuser = True
    operator.save()
    router = RouterFactory(owner=operator)
    company_id = router.company.public_id
    parent = PARENTS.get(route.pattern, lambda **_: router.company)(company=router.company)
    path = route.path(
        public_id=getattr(parent, "public_id", None),
        netid=getattr(parent, "netid", None),
        company_id=company_id,
        empresa_id=company_id,
        router_id=router.public_id,
        router_pk=router.pk,
    )
    add = partial(LISTS[route.pattern], router, operator)
    add()
    client.get(path)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            length = len(client.get(path).json())
        return length, len(captured)

    short = queries()
    for _ in range(4):
        add()
    long = queries()

    assert long == (short[0] + 4, short[1])
