"""What a captive portal sells with its router's key: see `docs/portal-purchases.md`."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot.clients import client_network
from cloudpilot.idempotency import idempotent
from hotspot.portal.views import ConfigView as HotspotConfigView
from hotspot.portal.views import PortalView
from payments import polling, purchasing, receipts
from payments.models import Payment
from payments.portal import lookup
from payments.portal.serializers import (
    PortalConfigWithMethods,
    PurchaseLookup,
    PurchaseOrder,
    PurchaseShown,
    shown,
    way_shown,
)


class ConfigView(HotspotConfigView):
    """All that a portal page needs to draw itself: where it stands, what is sold, how to pay."""

    shown = PortalConfigWithMethods

    @extend_schema(operation_id="portal_config", responses=PortalConfigWithMethods)
    def get(self, request: Request) -> Response:
        return super().get(request)

    def config(self) -> dict[str, Any]:
        ways = purchasing.ways_to_pay(self.router)
        return {**super().config(), "methods": [way_shown(account) for account in ways]}


class PurchasesView(PortalView):
    """What guests buy at this router."""

    error_statuses = {"post": ("409", "429")}

    @extend_schema(
        operation_id="portal_purchase", request=PurchaseOrder, responses={201: PurchaseShown}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Buy a package: the guest is asked for the money, and the receipt says what became of it.

        The same bought again by the same guest, while the first is waited for, is answered with
        the first.
        """
        serializer = PurchaseOrder(data=request.data, context={"router": self.router})
        serializer.is_valid(raise_exception=True)
        payment = purchasing.purchase(
            self.router, **serializer.order(), network=client_network(request._request)
        )
        return Response(shown(payment), 201)


class PurchaseView(PortalView):
    """One purchase, for whoever has its receipt."""

    error_statuses = {"get": ("404",)}

    @extend_schema(
        operation_id="portal_purchase_status",
        parameters=[
            OpenApiParameter(
                "If-None-Match",
                str,
                OpenApiParameter.HEADER,
                description="The `ETag` of the last answer: 304 if nothing has changed.",
            )
        ],
        responses={200: PurchaseShown, 304: OpenApiResponse(description="Nothing has changed.")},
    )
    def get(self, request: Request, receipt: str) -> Response:
        """Say what became of a purchase. Ask every few seconds: looking also hurries it."""
        rows = Payment.objects.select_related("voucher").filter(router=self.key.router_id)
        payment = rows.filter(receipt_index=receipts.index(receipt)).first()
        if payment is None:
            raise NotFound
        polling.hurry(payment)
        return Response(shown(payment), headers={"Cache-Control": "private, no-cache"})


class LookupView(PortalView):
    """A purchase whose page was lost."""

    error_statuses = {"post": ("404", "429")}

    @extend_schema(
        operation_id="portal_purchase_lookup", request=PurchaseLookup, responses=PurchaseShown
    )
    def post(self, request: Request) -> Response:
        """Find a purchase by the guest's phone and a receipt. All failures are answered alike."""
        serializer = PurchaseLookup(data=request.data)
        serializer.is_valid(raise_exception=True)
        payment = lookup.find(
            self.key, **serializer.question(), network=client_network(request._request)
        )
        return Response(shown(payment))
