"""What the views of the mesh family have in common: its errors, its callers, its bodies."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from cloudpilot.api import FamilyView, minimum_role
from cloudpilot.families import MESH
from cloudpilot.parsers import UNLABELLED_PARSERS
from cloudpilot.tenancy import Role
from networks.authentication import CREDENTIALS
from networks.callers import NodeCaller, demand_role_in
from networks.errors import NotForNodes
from networks.models import Network


class MayCall(BasePermission):
    """Users by their role; the master key everything; a node what `MeshView.for_nodes` names."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        act = getattr(view, "action", None) or str(request.method).lower()
        for_nodes: tuple[str, ...] = getattr(view, "for_nodes", ())
        if isinstance(request.user, NodeCaller) and act not in for_nodes:
            raise NotForNodes("A node's token does not allow this.")
        return True


class MeshView(FamilyView):
    """A view of the mesh family, whose paths name networks by `netid`."""

    family = MESH
    authentication_classes: Sequence[Any] = CREDENTIALS
    permission_classes: Sequence[Any] = (IsAuthenticated, MayCall)
    parser_classes: Sequence[Any] = UNLABELLED_PARSERS
    action_roles: ClassVar[dict[str, Role]] = {}
    for_nodes: ClassVar[tuple[str, ...]] = ()  # the acts that a node may carry out on itself

    def get_network(self, *, locked: bool = False) -> Network:
        """Return the network in the path, if the caller may do here what they ask; or a 404.

        `locked` keeps it as it is until the transaction ends.
        """
        caller = self.request.user
        found = Network.objects.visible_to(caller).select_related("company")
        network = get_object_or_404(found, netid=self.kwargs["netid"])
        if not isinstance(caller, NodeCaller):
            role = minimum_role(self.request, self)
            if role is not Role.VIEWER:
                demand_role_in(caller, network.company_id, role)
        if locked:
            return get_object_or_404(Network.objects.select_for_update(), pk=network.pk)
        return network
