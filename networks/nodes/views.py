from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot import audit
from cloudpilot.clients import client_network
from cloudpilot.idempotency import idempotent, passes_key_on
from cloudpilot.limits import failures_spent, spend
from networks import joining, names
from networks.api import MeshViewSet
from networks.authentication import CREDENTIALS, LenientAuthentication
from networks.callers import NodeCaller
from networks.errors import WrongAccessKey
from networks.fields import in_lower_case, unix
from networks.joining import Admission, Door
from networks.keys import access_strings
from networks.models import Node
from networks.nodes import gateways, services, subnets, wire
from networks.nodes.serializers import (
    CheckInSerializer,
    GatewaySerializer,
    JoinSerializer,
    NodeChangeSerializer,
    NodeDeletedSerializer,
    NodeSerializer,
)
from networks.openapi import BY_CHOICE

_SUCCESS = OpenApiResponse(
    OpenApiTypes.STR,
    "Approved, now or before.",
    examples=[OpenApiExample("Approved", value="SUCCESS")],
)
_SECONDS = OpenApiResponse(
    OpenApiTypes.INT, "Unix seconds.", examples=[OpenApiExample("A time", value=1795253400)]
)


class NodeRowsView(MeshViewSet):
    """Lists of nodes, as plain columns: they are long."""

    tag = "mesh-nodes"
    queryset = Node.objects.all()
    serializer_class = NodeSerializer

    def answer_list(self, rows: Any) -> Response:
        page = self.paginate_queryset(rows.values("id", *wire.COLUMNS))
        return self.get_paginated_response(wire.many(page or []))


class AllNodesViewSet(NodeRowsView):
    """Nodes of all networks that the caller sees."""

    @extend_schema(operation_id="mesh_nodes_list_all", summary="List the nodes of all networks")
    def list(self, request: Request) -> Response:
        """List the nodes of all of your networks."""
        return self.answer_list(self.get_queryset())


class NodeViewSet(NodeRowsView):
    """Nodes of a network: for its people, and each for itself."""

    for_nodes = ("list", "retrieve", "update", "destroy", "check_in", "last_modified")
    for_expired_nodes = ("check_in",)
    error_statuses = {
        "create": ("409", "429"),
        "update": ("409",),
        "create_gateway": ("409",),
    }

    def get_authenticators(self) -> list[Any]:
        # A device that joins shows its key in the body, whatever its header says.
        act = (self.action_map or {}).get(str(getattr(self.request, "method", "")).lower())
        return [LenientAuthentication()] if act == "create" else [kind() for kind in CREDENTIALS]

    def get_permissions(self) -> list[Any]:
        return [] if self.action == "create" else list(super().get_permissions())

    @extend_schema(operation_id="mesh_nodes_list")
    def list(self, request: Request, netid: str) -> Response:
        """List a network's nodes, those that wait for approval too."""
        return self.answer_list(self.get_queryset().filter(network=self.get_network()))

    @extend_schema(
        operation_id="mesh_nodes_create",
        request=JoinSerializer,
        responses={200: NodeSerializer},
        auth=BY_CHOICE,  # an access key in the body is as good
    )
    @passes_key_on
    def create(self, request: Request, netid: str) -> Response:
        """Let a device into the network, by its access key or by its people's hand.

        A device that joins again with a good key is enrolled anew, at its old address. Where the
        network takes sign-ups by hand, one without a key waits for approval.
        """
        limits = {} if self._is_by_people(request) else self._limits(request, netid)
        with failures_spent(limits, kind=WrongAccessKey):
            if "Idempotency-Key" in request.headers:
                return self._let_in_once(request, netid)
            return self._let_in(request, netid)

    @staticmethod
    def _limits(request: Request, netid: str) -> dict[str, str]:
        limits = {"wrong_mesh_credentials_per_address": client_network(request._request)}
        if "Idempotency-Key" in request.headers:
            # In its transaction all that is counted is taken back, wrong passwords too.
            mac = names.mac_or_nobodys(in_lower_case(request.data).get("macaddress"))
            limits["wrong_mesh_credentials_per_device"] = f"{netid}/{mac}"
        return limits

    def _let_in(self, request: Request, netid: str) -> Response:
        admission = self._admission(request, netid)
        is_by_people = admission.door is Door.PEOPLE
        context = {**self.get_serializer_context(), "network": admission.network}
        body = JoinSerializer(data=request.data, context={**context, "is_by_people": is_by_people})
        body.is_valid(raise_exception=True)
        node = joining.join(admission, **body.validated_data)
        return Response(wire.one(node))

    # In a transaction only for who asks for it: a password is hashed here, which takes its time.
    _let_in_once = idempotent(_let_in)

    def _admission(self, request: Request, netid: str) -> Admission:
        if self._is_by_people(request):
            return Admission(self.get_network(), Door.PEOPLE)
        admission = joining.by_key(netid, access_strings.key_in(self._key(request)))
        if admission.door is Door.WAITING:
            spend("mesh_sign_ups_per_address", client_network(request._request))
        return admission

    def _is_by_people(self, request: Request) -> bool:
        is_known = request.user.is_authenticated and not isinstance(request.user, NodeCaller)
        return is_known and not self._key(request)

    @staticmethod
    def _key(request: Request) -> str:
        return str(in_lower_case(request.data).get("accesskey", ""))

    @extend_schema(operation_id="mesh_nodes_retrieve")
    def retrieve(self, request: Request, netid: str, mac: str) -> Response:
        """Show a node."""
        return Response(wire.one(self.get_node()))

    @extend_schema(
        operation_id="mesh_nodes_update", request=NodeChangeSerializer, responses=NodeSerializer
    )
    def update(self, request: Request, netid: str, mac: str) -> Response:
        """Change a node; no more is needed than what is to change. Its peers hear of it.

        A node changes what it is itself: its key, its endpoint, its password. What reaches beyond
        it, such as its address and more ranges, its network's people decide.
        """
        node = self.get_node()
        context = {**self.get_serializer_context(), "network": node.network, "node": node}
        body = NodeChangeSerializer(data=request.data, context=context)
        body.is_valid(raise_exception=True)
        services.update(node, **body.validated_data)
        return Response(wire.one(node))

    @extend_schema(operation_id="mesh_nodes_destroy", responses={200: NodeDeletedSerializer})
    def destroy(self, request: Request, netid: str, mac: str) -> Response:
        """Take a node out of the network. Its address is kept for it, while there are others."""
        node = self.get_node()
        services.delete(node)
        audit.record(request, "node.delete", node, company=node.network.company.public_id)
        return Response({"Code": 200, "Message": f"{node.mac_address} deleted.", "Response": None})

    @extend_schema(operation_id="mesh_nodes_checkin", request=None, responses=CheckInSerializer)
    def check_in(self, request: Request, netid: str, mac: str) -> Response:
        """Tell a node what has changed for it, and who its peers are. An expired one is deleted."""
        node = self.get_node()
        shown = wire.one(node)
        found = services.check_in(node)
        return Response(
            {
                **shown,
                "lastcheckin": unix(found.at),
                "success": True,
                "ispending": found.is_pending,
                "needconfigupdate": found.needs_config_update,
                "needpeerupdate": found.needs_peer_update,
                "needdelete": found.needs_delete,
                "nodemessage": found.message,
                "peers": [wire.peer(peer, node) for peer in found.peers],
            }
        )

    @extend_schema(operation_id="mesh_nodes_approve", request=None, responses={200: _SUCCESS})
    def approve(self, request: Request, netid: str, mac: str) -> Response:
        """Let a pending node in. A second time changes nothing."""
        node = self.get_node()
        joining.approve(node)
        audit.record(request, "node.approve", node, company=node.network.company.public_id)
        return Response("SUCCESS")

    @extend_schema(
        operation_id="mesh_nodes_creategateway",
        request=GatewaySerializer,
        responses={200: NodeSerializer},
    )
    def create_gateway(self, request: Request, netid: str, mac: str) -> Response:
        """Make a node the way to what lies behind one of its interfaces.

        Without a range it is what the router has there now. A range is reached at one node alone.
        """
        node = self.get_node()
        body = GatewaySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        facts = dict(body.validated_data)
        for_all = not facts.pop("force", False) and bool(facts["ranges"])
        facts["ranges"] = facts["ranges"] or subnets.behind(node, facts["interface"])
        gateways.make(node, for_all=for_all, **facts)
        return Response(wire.one(node))

    @extend_schema(request=None, responses={200: NodeSerializer})
    def delete_gateway(self, request: Request, netid: str, mac: str) -> Response:
        """Let a node be no gateway any more. A second time changes nothing."""
        node = self.get_node()
        gateways.unmake(node)
        return Response(wire.one(node))

    @extend_schema(operation_id="mesh_nodes_lastmodified", responses={200: _SECONDS})
    def last_modified(self, request: Request, netid: str) -> Response:
        """Say when the nodes of a network last changed for each other."""
        return Response(unix(self.get_network().nodes_modified_at))
