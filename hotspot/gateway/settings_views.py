"""A router's guest gateway, for the members of its company: `/routers/{id}/guest-api/…`."""

import secrets
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import EditMixin, FamilyView
from cloudpilot.idempotency import idempotent
from cloudpilot.tenancy import Role, demand_role
from hotspot.gateway.settings_serializers import GuestGatewaySerializer, NewGatewayKeyAnswer
from hotspot.models import GuestGateway
from routers.models import Router


class GuestGatewayViewSet(
    EditMixin, FamilyView, mixins.RetrieveModelMixin, GenericViewSet[GuestGateway]
):
    """How third parties reach a router's vouchers and guests. Members see it, owners set it."""

    queryset = GuestGateway.objects.all()
    serializer_class = GuestGatewaySerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        visible = Router.objects.visible_to(request.user).select_related("company")
        self.router = get_object_or_404(visible, pk=kwargs["router_pk"])

    def get_object(self) -> GuestGateway:
        """Return the router's gateway; one that nobody has set up yet is closed, and not stored."""
        gateway = GuestGateway.objects.filter(router=self.router).first()
        return gateway or GuestGateway(router=self.router)

    def get_locked_object(self) -> GuestGateway:
        demand_role(self.request.user, self.router.company_id, Role.OWNER)
        GuestGateway.objects.get_or_create(
            router=self.router, defaults={"label": secrets.token_hex(5)}
        )
        return GuestGateway.objects.select_for_update().get(router=self.router)

    def perform_update(self, serializer: Any) -> None:
        gateway = serializer.save()
        self._record("guest_api.update", gateway, changed=sorted(serializer.validated_data))

    @extend_schema(
        operation_id="guest_api_rotate_key", request=None, responses={201: NewGatewayKeyAnswer}
    )
    @idempotent
    def rotate_key(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make the gateway's key, or another in its place; it is shown once."""
        gateway = self.get_locked_object()
        key = gateway.rotate_key()
        gateway.save(update_fields=["key_digest", "key_made_at"])
        self._record("guest_api.rotate_key", gateway)
        return Response({"api_key": key}, status=201)

    @extend_schema(
        operation_id="guest_api_regenerate_endpoint",
        request=None,
        responses={201: GuestGatewaySerializer},
    )
    @idempotent
    def regenerate_endpoint(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Move the cloud endpoint to another random address; the old one closes."""
        with transaction.atomic():
            gateway = self.get_locked_object()
            gateway.move()
            gateway.save(update_fields=["label"])
            self._record("guest_api.regenerate_endpoint", gateway)
        return Response(self.get_serializer(gateway).data, status=201)

    def _record(self, action: str, gateway: GuestGateway, **details: Any) -> None:
        company = self.router.company.public_id
        audit.record(self.request, action, gateway, company=company, **details)
