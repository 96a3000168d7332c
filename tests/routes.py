"""Every route and operation of the API, for tests that leave none out."""

import re
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver

from hotspot.models.guest_gateway import digest_of
from routers import keys as router_keys
from tests.factories import (
    AccessKeyFactory,
    ChannelFactory,
    CommandBatchFactory,
    CredentialsFactory,
    DeliveryFactory,
    EndpointFactory,
    GuestGatewayFactory,
    HubProcessFactory,
    JobFactory,
    MembershipFactory,
    NodeFactory,
    PackageFactory,
    PaymentFactory,
    RouterFactory,
    RouterImportFactory,
    a_batch,
    a_voucher,
)
from users import keys

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# What is no API: pages for people, the document, and what answers for unknown paths.
_OTHER = ("console/", "openapi.json", "swagger/", "redoc/", "health/")


@dataclass(frozen=True)
class Route:
    """A path with its parameters, as `urls.py` writes it."""

    pattern: str
    view: Any

    @property
    def names(self):
        return _PARAMETER.findall(self.pattern)

    def path(self, **values):
        return "/" + _PARAMETER.sub(lambda found: str(values[found[1]]), self.pattern)

    @property
    def is_list(self):
        return "list" in (getattr(self.view, "actions", None) or {}).values()


def all_routes():
    routes = [Route(pattern, view) for pattern, view in _walk(get_resolver().url_patterns, "")]
    return [
        route
        for route in routes
        if not route.pattern.startswith(_OTHER) and hasattr(route.view, "cls")
    ]


def _walk(patterns, prefix):
    for entry in patterns:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield path, entry.callback
        else:
            yield from _walk(entry.url_patterns, path)


def own_values(path, user, **router):
    """Make a row of the user's for each parameter of a path of the document; say which."""
    company = user.personal_company
    if "packages/{id}/" in path:
        return {"id": PackageFactory(router=RouterFactory(owner=user, **router)).pk}
    if path.startswith("/hotspot/vouchers/batches/{id}"):
        return {"id": a_batch(RouterFactory(owner=user, **router)).pk}
    if path.startswith("/hotspot/vouchers/{id}"):
        return {"id": a_voucher(RouterFactory(owner=user, **router)).pk}
    if path.startswith("/routers/{id}"):
        return {"id": RouterFactory(owner=user, **router).pk}
    if path.startswith("/routers/commands/{"):
        return {"public_id": CommandBatchFactory(company=company).public_id}
    if path.startswith("/routers/imports/{"):
        return {"public_id": RouterImportFactory(company=company).public_id}
    if "{router_pk}" in path or path.startswith("/admin/empresas/{"):
        key = router_keys.issue(RouterFactory(owner=user, **router)).row
        return {
            "empresa_id": company.public_id,
            "router_id": key.router.public_id,
            "router_pk": key.router.pk,
            "key_id": key.key_id,
        }
    if path.startswith("/portal/purchases/{"):
        package = PackageFactory(router=RouterFactory(owner=user, **router))
        return {"receipt": PaymentFactory(package=package).receipt}
    if path.startswith("/payments/{"):
        package = PackageFactory(router=RouterFactory(owner=user, **router))
        return {"public_id": PaymentFactory(package=package).public_id}
    if path.startswith("/meshclient/files/{"):
        return {"name": "meshclient"}
    if path.startswith("/payments/status/{"):
        return {"status": "pending"}
    if path.startswith("/payments/method/{"):
        return {"method": "mpesa"}
    if path.startswith("/payments/credentials/{id}"):
        return {"id": CredentialsFactory(company=company).pk}
    if path.startswith("/payments/credentials/provider/"):
        return {"provider": CredentialsFactory(company=company).named}
    if path.startswith("/payments/notifications/"):
        return _own_of_notifications(path, company)
    if path.startswith("/jobs/{"):
        return {"public_id": JobFactory(owner=user).public_id}
    if path.startswith("/users/api-keys/{id}"):
        return {"id": keys.make_pair(user, "Theirs").row.pk}
    if path.startswith("/users/companies/{"):
        member = MembershipFactory(company=company)
        return {"public_id": company.public_id, "company_id": company.public_id, "id": member.pk}
    if path.startswith(OF_NETWORKS):
        return own_of_networks(company)
    if path.startswith("/api/users/{"):
        return {"username": user.username}
    if path in {"/api/", "/gw/{label}/api/"}:
        router_of_gateway = RouterFactory(owner=user, **router)
        gateway = GuestGatewayFactory(
            router=router_of_gateway,
            key_digest=digest_of("cp_guest_…"),  # as in examples
        )
        return {"label": gateway.label}
    assert "{" not in path, f"Say how to fill {path}"
    return {}


OF_NETWORKS = tuple(
    f"/api/{subject}/{{"
    for subject in ("networks", "nodes", "nodes/adm", "server/addnetwork", "server/removenetwork")
)


def own_of_networks(company):
    """Make a network with an access key and a node, and a hub process that the host may join by."""
    HubProcessFactory()
    key = AccessKeyFactory(network__company=company)
    node = NodeFactory(network=key.network)
    return {"netid": key.network.netid, "name": key.name, "mac": node.mac_address}


def _own_of_notifications(path, company):
    if "endpoints/{" in path:
        return {"public_id": EndpointFactory(company=company).public_id}
    if "channels/{" in path:
        return {"public_id": ChannelFactory(company=company).public_id}
    if "deliveries/{" in path:
        return {"public_id": DeliveryFactory(endpoint__company=company).public_id}
    return {}
