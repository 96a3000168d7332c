"""Who calls the mesh API besides users: the holder of the master key, and a node."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudpilot.tenancy import Role, demand_role

if TYPE_CHECKING:
    from networks.models import Node


@dataclass(frozen=True)
class MasterKey:
    """Whoever has the installation's master key: sees all networks and may do everything."""

    is_authenticated = True
    is_superuser = True
    username = "master key"
    pk = "mesh-master-key"


@dataclass(frozen=True)
class NodeCaller:
    """A node that has proved its password: it looks after itself, and reads its network's nodes."""

    node: "Node"

    is_authenticated = True
    is_superuser = False

    @property
    def username(self) -> str:
        return f"node {self.node.mac_address}"

    @property
    def pk(self) -> str:
        return f"mesh-node-{self.node.pk}"


def sees_all(caller: Any) -> bool:
    """Say whether the caller runs the platform: the page's admin, who is a superuser of ours."""
    return bool(caller.is_superuser)


def demand_role_in(caller: Any, company_id: int, role: Role) -> None:
    """Raise `RoleTooLow` unless the caller, who is no node, has this role in the company."""
    if not sees_all(caller):
        demand_role(caller, company_id, role)
