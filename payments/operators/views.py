"""What operators see of their payments and do about them: see `docs/payments-for-operators.md`.

Nothing here marks a payment paid but cash that a member took, and what a member accepts by name.
"""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit, money
from cloudpilot.api import CompanyViewMixin, FamilyView
from cloudpilot.idempotency import idempotent
from cloudpilot.serializers import read_filter
from payments import cash, methods, refunding, reviewing, summaries
from payments.errors import UnknownMethod, UnknownStatus
from payments.methods import Method
from payments.models import Payment
from payments.operators import detail, examples, export, filters, rows, serializers
from payments.operators.filters import FilterSerializer
from payments.states import Status
from routers.models import Router


class PaymentViewSet(
    CompanyViewMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """Payments of the caller's companies. None is ever deleted, or set paid."""

    queryset = Payment.objects.select_related("company", "voucher")
    serializer_class = serializers.PaymentSerializer
    lookup_field = "public_id"
    error_statuses = {
        "of_status": ("400",),
        "of_method": ("400",),
        "refund": ("409",),
        "review": ("409",),
        "take_cash": ("409",),
    }

    @extend_schema(parameters=[FilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._page(_asked_for(request))

    @extend_schema(
        operation_id="payments_of_status",
        parameters=[OpenApiParameter("status", str, OpenApiParameter.PATH, enum=Status.values)],
        responses=serializers.PaymentSerializer(many=True),
    )
    def of_status(self, request: Request, status: str) -> Response:
        """List the payments of one status."""
        if status not in Status:
            raise UnknownStatus(_one_of("status", Status.values))
        return self._page({"status": status})

    @extend_schema(
        operation_id="payments_of_method",
        parameters=[OpenApiParameter("method", str, OpenApiParameter.PATH, enum=Method.values)],
        responses=serializers.PaymentSerializer(many=True),
    )
    def of_method(self, request: Request, method: str) -> Response:
        """List the payments that were made in one way, such as mpesa or cash."""
        if method not in Method:
            raise UnknownMethod(_one_of("method", Method.values))
        return self._page({"providers": methods.providers_of(method)})

    @extend_schema(responses=serializers.PaymentDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self._detail(self.get_object()))

    @extend_schema(
        operation_id="payments_export",
        parameters=[FilterSerializer],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)},
        examples=examples.CSV,
    )
    def export(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Write payments as a table, which no spreadsheet takes for formulas."""
        companies, run = rows.companies_of(request.user)
        found = filters.payments_of(companies, _asked_for(request))
        lines: Any = export.write(found, run)
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="payments.csv"'
        answer["Cache-Control"] = "no-store"
        return answer

    @extend_schema(
        operation_id="payments_refund",
        request=serializers.NewRefundSerializer,
        responses={201: serializers.RefundSerializer},
    )
    @idempotent
    def refund(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give money back, all of it or a part. All of it ends the voucher.

        The provider is asked within moments; the payment says what became of it.
        """
        payment = self.get_object()
        body = self._body(serializers.NewRefundSerializer, payment=payment)
        made = refunding.request(
            payment,
            body.get("amount"),
            reason=body["reason"],
            user=request.user,
            revokes=body["revoke_voucher"],
            by_hand=body["by_hand"],
        )
        shown = detail.refund_shown(made, payment)
        told = {name: shown[name] for name in ("amount", "currency", "by_hand", "reason")}
        self._record("payment.refund", payment, refund=shown["id"], **told)
        return Response(shown, status=201)

    @extend_schema(
        operation_id="payments_review",
        request=serializers.DecisionSerializer,
        responses=serializers.PaymentDetailSerializer,
    )
    @idempotent
    def review(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Decide about money that was not what was asked for, or that a bank took back.

        `GET /payments/?status=review` is the queue.
        """
        payment = self.get_object()
        body = self._body(serializers.DecisionSerializer)
        reviewing.decide(payment, **body, user=request.user)
        self._record("payment.review", payment, **body)
        return Response(self._detail(self.get_object()))

    @extend_schema(
        operation_id="payments_cash",
        request=serializers.CashSerializer,
        responses={201: serializers.PaymentDetailSerializer},
    )
    @idempotent
    def take_cash(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Enter a price that a member took by hand: the guest has the voucher at once."""
        payment = cash.take(**self._body(serializers.CashSerializer), user=request.user)
        amount = money.to_text(payment.amount, payment.currency)
        self._record("payment.cash", payment, amount=amount, currency=payment.currency)
        return Response(self._detail(payment), status=201)

    def _page(self, wanted: dict[str, Any]) -> Response:
        companies, run = rows.companies_of(self.request.user)
        found = filters.payments_of(companies, wanted).values(*rows.COLUMNS)
        page = self.paginate_queryset(found) or ()
        return self.get_paginated_response(rows.shown_page(page, run))

    def _detail(self, payment: Payment) -> dict[str, Any]:
        _, run = rows.companies_of(self.request.user)
        return detail.shown(payment, in_full=payment.company_id in run)

    def _body(self, serializer_class: type, **context: Any) -> dict[str, Any]:
        context["request"] = self.request
        serializer = serializer_class(data=self.request.data, context=context)
        serializer.is_valid(raise_exception=True)
        body: dict[str, Any] = serializer.validated_data
        return body

    def _record(self, action: str, payment: Payment, **details: Any) -> None:
        company = payment.company.public_id
        audit.record(self.request, action, payment, company=company, **details)


class SummaryView(FamilyView):
    """What came in and went out."""

    error_statuses = {"get": ("404",)}

    @extend_schema(
        operation_id="payments_summary",
        parameters=[serializers.SummaryQuery],
        responses=serializers.SummarySerializer,
    )
    def get(self, request: Request) -> Response:
        """Sum up the ledger by day, currency and provider."""
        query = serializers.SummaryQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        companies, _ = rows.companies_of(request.user)
        router = query.validated_data.get("router")
        at = get_object_or_404(Router, pk=router, company__in=companies) if router else None
        named = query.validated_data.get("time_zone") or (at.time_zone if at else "UTC")
        zone = ZoneInfo(named)
        first, last = query.span(zone)
        entries = summaries.entries_of(companies, first, last, zone, router)
        answer = {
            "from": first,
            "to": last,
            "time_zone": named,
            "days": [_in_words(sums) for sums in summaries.by_day(entries, zone)],
            "totals": [_in_words(sums) for sums in summaries.in_all(entries)],
        }
        return Response(answer)


_AMOUNTS = ("received", "refunded", "taken_back", "given_again", "net")


def _in_words(sums: dict[str, Any]) -> dict[str, Any]:
    """Return sums with their amounts as the wire has them."""
    amounts = {name: money.to_text(sums[name], sums["currency"]) for name in _AMOUNTS}
    return sums | amounts


def _asked_for(request: Request) -> dict[str, Any]:
    # No form: to leave a field empty is no wish for all.
    return read_filter(FilterSerializer, request.query_params.dict())


def _one_of(what: str, values: list[str]) -> str:
    return f"Invalid payment {what}. Must be one of: {', '.join(values)}"
