"""A router's keys, for the members of its company: `/routers/{id}/api-keys/…`."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import FamilyView
from cloudpilot.idempotency import idempotent
from cloudpilot.tenancy import Role, demand_role
from routers import keys
from routers.models import Router, RouterKey
from routers.serializers import (
    NewRouterKeyAnswer,
    RevokedKeyAnswer,
    RouterKeySerializer,
    RouterKeyStatusAnswer,
)


class RouterKeyViewSet(FamilyView, mixins.ListModelMixin, GenericViewSet):
    """The keys that one router has and had. Members see them; owners make and revoke them."""

    queryset = RouterKey.objects.all()
    serializer_class = RouterKeySerializer
    error_statuses = {"revoke": ("409",)}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        visible = Router.objects.visible_to(request.user).select_related("company")
        self.router = get_object_or_404(visible, pk=kwargs["router_pk"])

    def get_queryset(self) -> Any:
        return self.router.keys.all()

    @extend_schema(
        operation_id="router_key_regenerate", request=None, responses={201: NewRouterKeyAnswer}
    )
    @idempotent
    def regenerate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke the router's key, if it has one, and make a new one; the key is shown once."""
        demand_role(request.user, self.router.company_id, Role.OWNER)
        with transaction.atomic():
            new = keys.regenerate(self.router)
            self._record("router_key.regenerate", new.row)
        answer = {
            "api_key": new.token,
            "api_key_info": RouterKeySerializer(new.row).data,
            "previous_key_revoked": new.replaced,
        }
        return Response(answer, status=201)

    @extend_schema(operation_id="router_key_status", responses=RouterKeyStatusAnswer)
    def status(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say whether the router has a key that opens the portal, and for how long."""
        key = keys.usable_key(self.router)
        answer = {
            "has_active_key": key is not None,
            "api_key_info": RouterKeySerializer(key).data if key else None,
            "expires_in_days": keys.days_left(key) if key else None,
            "expires_soon": keys.expires_soon(key) if key else False,
        }
        return Response(answer)

    @extend_schema(operation_id="router_key_revoke", request=None, responses=RevokedKeyAnswer)
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End a key at once, with no new one in its place."""
        demand_role(request.user, self.router.company_id, Role.OWNER)
        key = get_object_or_404(self.get_queryset(), key_id=kwargs["key_id"])
        with transaction.atomic():
            key = keys.revoke(key)
            self._record("router_key.revoke", key)
        info = RouterKeySerializer(key).data
        return Response({"message": "API key has been revoked", "api_key_info": info})

    def _record(self, action: str, key: RouterKey) -> None:
        audit.record(self.request, action, key, company=self.router.company.public_id)
