from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot import audit
from cloudpilot.api import minimum_role
from cloudpilot.idempotency import idempotent
from networks.api import MeshViewSet
from networks.keyupdate import services as keyupdate
from networks.keyupdate.serializers import KeyUpdateProgressAnswer, progress_answer
from networks.mesh import examples, services
from networks.mesh.serializers import DeletedSerializer, KeyUpdateSerializer, NetworkSerializer
from networks.models import Network

_FORCE = OpenApiParameter(
    "force", bool, description="`true` deletes its nodes too, and what routers hold for them."
)


class NetworkViewSet(mixins.ListModelMixin, MeshViewSet):
    """Networks of the caller's companies; all of them for the master key."""

    queryset = Network.objects.select_related("company").prefetch_related("access_keys")
    serializer_class = NetworkSerializer
    error_statuses = {"create": ("409",), "update": ("409",)}

    def get_object(self) -> Network:
        network = get_object_or_404(self.get_queryset(), netid=self.kwargs["netid"])
        self.demand(network, minimum_role(self.request, self))
        return network

    @extend_schema(operation_id="mesh_networks_create", responses={200: NetworkSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a network. What the body leaves out is chosen: an address range that is free, too."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        network = services.create(**body.validated_data)
        audit.record(request, "network.create", network, company=network.company.public_id)
        return Response(self.get_serializer(network).data)

    @extend_schema(operation_id="mesh_networks_retrieve")
    def retrieve(self, request: Request, netid: str) -> Response:
        """Show a network, its access keys without what opens them."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        operation_id="mesh_networks_update", examples=[*examples.CHANGE, *examples.SHOWN]
    )
    def update(self, request: Request, netid: str) -> Response:
        """Change a network's settings; no more is needed than what is to change.

        Another range gives every node another address, and routers hear of it at once.
        """
        network = self.get_object()
        body = self.get_serializer(network, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        services.update(network, **body.validated_data)
        audit.record(request, "network.update", network, company=network.company.public_id)
        return self.retrieve(request, netid)

    @extend_schema(
        operation_id="mesh_networks_destroy",
        parameters=[_FORCE],
        responses={200: DeletedSerializer},
    )
    def destroy(self, request: Request, netid: str) -> Response:
        """Delete a network that has no nodes, and its access keys."""
        network = self.get_object()
        force = request.query_params.get("force", "").lower() == "true"
        services.delete(network.pk, force=force)
        audit.record(request, "network.delete", netid, company=network.company.public_id)
        return Response({"DeletedCount": 1})

    @extend_schema(
        operation_id="mesh_networks_keyupdate", request=None, responses=KeyUpdateSerializer
    )
    def key_update(self, request: Request, netid: str) -> Response:
        """Ask all nodes for new keys; answers the network and how many have yet to make one.

        Routers change theirs one after the other. While an update is under way, this goes on with
        that one.
        """
        summary = keyupdate.start(self.get_object(), request.user)
        return Response({**self.get_serializer(self.get_object()).data, "keyupdate": summary})

    @extend_schema(
        operation_id="mesh_networks_keyupdate_progress", responses=KeyUpdateProgressAnswer
    )
    def key_update_progress(self, request: Request, netid: str) -> Response:
        """Show how far each node is in the latest update of the network's keys."""
        return Response(progress_answer(keyupdate.latest(self.get_object())))
