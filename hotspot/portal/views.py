"""What a captive portal reads and does, with its router's key (`/portal/…`)."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot.api import FamilyView
from cloudpilot.clients import client_network
from hotspot.models import Package
from hotspot.portal import checking
from hotspot.portal.serializers import (
    LOGIN_FORM,
    PortalConfig,
    PortalPackage,
    VoucherCheck,
    VoucherShown,
    shown,
)
from routers.authentication import HasRouterKey, RouterKeyAuthentication
from routers.models import Router, RouterKey


class PortalView(FamilyView):
    """For captive portals: the router's key says which router, and grants nothing beyond it."""

    authentication_classes = (RouterKeyAuthentication,)
    permission_classes = (HasRouterKey,)

    @property
    def key(self) -> RouterKey:
        return self.request.auth  # type: ignore[return-value]  # HasRouterKey saw to it

    @property
    def router(self) -> Router:
        return self.key.router


class ConfigView(PortalView):
    """All that a portal page needs to draw itself: where it stands, what is sold, how to log in."""

    shown: type[PortalConfig] = PortalConfig

    def get(self, request: Request) -> Response:
        return Response(self.shown(self.config()).data)

    def config(self) -> dict[str, Any]:
        """Return what is shown; apps above add to it."""
        router = self.router
        return {
            "router": router,
            "company": router.company,
            "packages": router.packages.on_sale().order_by("price", "pk"),
            "login": LOGIN_FORM,
        }


class PackagesView(PortalView, ListAPIView):
    """What can be bought at this router."""

    serializer_class = PortalPackage

    @extend_schema(operation_id="portal_packages")
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List what can be bought at this router, the newest first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Package]:
        if getattr(self, "swagger_fake_view", False):
            return Package.objects.none()
        return self.router.packages.on_sale()


class VoucherCheckView(PortalView):
    """Whether a code is good here, and what for."""

    error_statuses = {"post": ("404", "429")}

    @extend_schema(
        operation_id="portal_voucher_check", request=VoucherCheck, responses=VoucherShown
    )
    def post(self, request: Request) -> Response:
        """Say what a voucher is good for. Unknown, spent and foreign ones are answered alike."""
        serializer = VoucherCheck(data=request.data)
        serializer.is_valid(raise_exception=True)
        voucher, status = checking.check(
            self.key, **serializer.validated_data, address=client_network(request._request)
        )
        return Response(shown(voucher, status))
