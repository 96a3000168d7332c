from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot import audit
from cloudpilot.idempotency import idempotent
from cloudpilot.tenancy import Role
from networks.api import MeshViewSet
from networks.fields import in_lower_case
from networks.keys import access_strings, services
from networks.keys.serializers import AccessKeySerializer
from networks.models import AccessKey
from networks.onboarding import texts


class AccessKeyViewSet(mixins.ListModelMixin, MeshViewSet):
    """What lets devices into a network."""

    queryset = AccessKey.objects.all()
    serializer_class = AccessKeySerializer
    shown_once = frozenset({"value", "accessstring", "onboardingline"})

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(network=self.get_network())

    @extend_schema(operation_id="mesh_keys_list")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List a network's access keys, without what opens it.

        A body with a key's name, uses or value makes one instead, as the page has it.
        """
        if self._asks_for_a_key(request):
            return self.create(request, *args, **kwargs)
        return super().list(request, *args, **kwargs)

    @staticmethod
    def _asks_for_a_key(request: Request) -> bool:
        has_body = request.headers.get("Content-Length", "0") not in {"", "0"}
        return has_body and bool({"name", "uses", "value"} & in_lower_case(request.data).keys())

    @extend_schema(operation_id="mesh_keys_create", responses={200: AccessKeySerializer})
    @idempotent
    def create(self, request: Request, netid: str) -> Response:
        """Make an access key. Its value and access string are shown here, and never again."""
        network = self.get_network()
        self.demand(network, Role.OPERATOR)  # also where a GET brought us here
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        key, value = services.create(network, **body.validated_data)
        audit.record(request, "access_key.create", key, company=network.company.public_id)
        shown = {
            "value": value,
            "accessstring": access_strings.written(network, value),
            "onboardingline": texts.line(network, value),
        }
        # A GET may have brought us here, whose answer others might keep.
        no_store = {"Cache-Control": "no-store"}
        return Response({**self.get_serializer(key).data, **shown}, headers=no_store)

    @extend_schema(
        operation_id="mesh_keys_destroy", responses={200: AccessKeySerializer(many=True)}
    )
    def destroy(self, request: Request, netid: str, name: str) -> Response:
        """Delete an access key; answers those that are left. Nodes that it let in stay."""
        network = self.get_network()
        key = get_object_or_404(network.access_keys, name=name)
        key.delete()
        audit.record(request, "access_key.delete", key, company=network.company.public_id)
        left = network.access_keys.order_by("-pk")
        return Response(self.get_serializer(left, many=True).data)
