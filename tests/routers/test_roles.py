"""Who may do what with a router: the table, cell by cell."""

import pytest

from cloudpilot.tenancy import Role
from tests.factories import RouterFactory
from tests.routers.support import member

# What is asked, and what a viewer, an operator and an owner hear.
TABLE = {
    "read it": ("get", "", None, 200, 200, 200),
    "change it": ("patch", "", {"name": "Bar"}, 403, 200, 200),
    "replace it": ("put", "", {"name": "Bar"}, 403, 200, 200),
    "delete it": ("delete", "", None, 403, 200, 200),
    "test it": ("post", "test-connection/", None, 200, 200, 200),
    "see how it is": ("get", "device-info/", None, 200, 200, 200),
    "run print": ("post", "execute-command/", {"command": "/ip/address/print"}, 200, 200, 200),
    "run find": ("post", "execute-command/", {"command": "/ip/address/find"}, 200, 200, 200),
    "run monitor": (
        "post", "execute-command/",
        {"command": "/interface/monitor-traffic", "data": {"interface": "ether1", "once": ""}},
        200, 200, 200,
    ),
    "run set": (
        "post", "execute-command/", {"command": "/system identity set name=Bar"}, 403, 200, 200,
    ),
    "run a dangerous command": (
        "post", "execute-command/", {"command": "/user add name=bob group=read", "confirm": True},
        403, 403, 200,
    ),
    "run a dangerous command unconfirmed": (
        "post", "execute-command/", {"command": "/user add name=bob group=read"}, 403, 403, 400,
    ),
}  # fmt: skip

CELLS = [
    pytest.param(role, *row[:3], status, id=f"{role}: {act}")
    for act, row in TABLE.items()
    for role, status in zip(Role, row[3:], strict=True)
]


@pytest.mark.parametrize(("role", "method", "act", "body", "status"), CELLS)
def test_a_role_may_do_what_the_table_says(
    client, operator, device, role, method, act, body, status
):
    router = RouterFactory(company=member(operator, role), port=device.port("api"))

    response = getattr(client, method)(f"/routers/{router.pk}/{act}", body)

    assert response.status_code == status, response.content
