from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot import audit
from networks.api import MeshView
from networks.callers import sees_all
from networks.errors import NotForNodes
from networks.hub import membership, status
from networks.server import examples
from networks.server.serializers import AddNetworkSerializer, ServerConfigSerializer


class AddNetworkView(MeshView):
    tag = "mesh-server"
    error_statuses = {"*": ("409", "503")}

    @extend_schema(
        operation_id="mesh_server_addnetwork",
        request=AddNetworkSerializer,
        responses={200: OpenApiResponse(OpenApiTypes.STR)},
        examples=[*examples.ADD, *examples.ADDED],
    )
    def post(self, request: Request, netid: str) -> Response:
        """Make this installation's host a node of the network and its hub, or one of your routers.

        The answer does not wait for the tunnel: the node's `syncstate` tells how that goes. A
        second time only takes over where the hub is reached.
        """
        network = self.get_network()
        body = AddNetworkSerializer(data=request.data, context={"network": network})
        body.is_valid(raise_exception=True)
        node = membership.add(network, **body.validated_data)
        audit.record(request, "hub.add", node, company=network.company.public_id)
        return Response(f"Server added to network {netid}")


class RemoveNetworkView(MeshView):
    tag = "mesh-server"

    @extend_schema(
        operation_id="mesh_server_removenetwork",
        responses={200: OpenApiResponse(OpenApiTypes.STR)},
        examples=examples.REMOVED,
    )
    def delete(self, request: Request, netid: str) -> Response:
        """Take the host out of the network; a router stays in it, and is its hub no more.

        A second time changes nothing.
        """
        network = self.get_network()
        membership.remove(network)
        audit.record(request, "hub.remove", netid, company=network.company.public_id)
        return Response(f"Server removed from network {netid}")


class ServerConfigView(MeshView):
    tag = "mesh-server"

    @extend_schema(operation_id="mesh_server_getconfig", responses=ServerConfigSerializer)
    def get(self, request: Request) -> Response:
        """Show how the server is set up, to those who run it: the master key, or a super admin."""
        self._demand_who_runs_it(request.user)
        return Response(status.server_config())

    @staticmethod
    def _demand_who_runs_it(caller: Any) -> None:
        if not sees_all(caller):
            raise NotForNodes("This is for those who run the server.")
