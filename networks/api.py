"""What the views of the mesh family have in common: its errors, its callers, its bodies."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_orjson_renderer.renderers import ORJSONRenderer
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from cloudpilot.api import FamilyView, minimum_role
from cloudpilot.families import MESH
from cloudpilot.pagination import KeysetPagination
from cloudpilot.parsers import UNLABELLED_PARSERS
from cloudpilot.tenancy import Role
from networks import names
from networks.authentication import CREDENTIALS
from networks.callers import NodeCaller, demand_role_in
from networks.errors import NotForNodes
from networks.models import Network, Node


class WholeListPagination(KeysetPagination):
    """All rows, as the page's clients expect, unless a client asks for a page."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        if "limit" in request.query_params or "cursor" in request.query_params:
            return super().paginate_queryset(queryset, request, view)
        rows = list(queryset.order_by("-pk"))
        self.request, self.last = request, None
        self.total = len(rows) if self.is_counted(request) else None
        return rows


class MayCall(BasePermission):
    """Users by their role; the master key everything; a node what `MeshView.for_nodes` names."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, NodeCaller):
            act = getattr(view, "action", None) or str(request.method).lower().replace(
                "head", "get"
            )
            self._demand_for_nodes(act, request.user.node, view)
        return True

    @staticmethod
    def _demand_for_nodes(act: str, node: Node, view: APIView) -> None:
        for_nodes: tuple[str, ...] = getattr(view, "for_nodes", ())
        for_expired: tuple[str, ...] = getattr(view, "for_expired_nodes", ())
        if act not in for_nodes:
            raise NotForNodes("A node's token does not allow this.")
        if act not in for_expired and node.has_expired(timezone.now()):
            raise NotAuthenticated


class MeshView(FamilyView):
    """A view of the mesh family, whose paths name networks by `netid`."""

    family = MESH
    tag = "mesh-networks"
    put_is_partial = True
    authentication_classes: Sequence[Any] = CREDENTIALS
    permission_classes: Sequence[Any] = (IsAuthenticated, MayCall)
    parser_classes: Sequence[Any] = UNLABELLED_PARSERS
    renderer_classes: Sequence[Any] = (ORJSONRenderer,)  # its lists have thousands of rows
    action_roles: ClassVar[dict[str, Role]] = {}
    for_nodes: ClassVar[tuple[str, ...]] = ()  # the acts that a node may carry out on itself
    for_expired_nodes: ClassVar[tuple[str, ...]] = ()  # and which of them when its time is over

    def get_network(self) -> Network:
        """Return the network in the path, if the caller may do here what they ask; or a 404."""
        found = Network.objects.visible_to(self.request.user).select_related("company")
        network = get_object_or_404(found, netid=self.kwargs["netid"])
        self.demand(network, minimum_role(self.request, self))
        return network

    def get_node(self) -> Node:
        """Return the node in the path, or a 404; a node finds itself alone there."""
        network = self.get_network()
        nodes = Node.objects.select_related("network__company", "router").filter(network=network)
        node = get_object_or_404(nodes, mac_address=names.mac_or_nobodys(self.kwargs["mac"]))
        caller = self.request.user
        if isinstance(caller, NodeCaller) and caller.node.pk != node.pk:
            raise NotForNodes("A node's token is good for the node itself.")
        return node

    def demand(self, network: Network, role: Role) -> None:
        """Raise `RoleTooLow` unless the caller, who sees the network, has this role in it."""
        if role is not Role.VIEWER and not isinstance(self.request.user, NodeCaller):
            demand_role_in(self.request.user, network.company_id, role)


class MeshViewSet(MeshView, GenericViewSet):
    """A view of rows, of which the caller finds those that they see."""

    pagination_class = WholeListPagination

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)
