from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import CompanyViewMixin, FamilyView
from cloudpilot.idempotency import idempotent
from cloudpilot.jobs.serializers import JobSerializer
from cloudpilot.serializers import read_filter
from hotspot import issuing, services, sheets
from hotspot.models import Batch, Voucher
from hotspot.vouchers import examples, filters, printing, revoking, rows, serializers
from hotspot.vouchers.filters import FilterSerializer, RevokeManySerializer


class VoucherViewSet(
    CompanyViewMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """Vouchers of the caller's companies, however they were made."""

    queryset = Voucher.objects.select_related("router", "package", "company")
    serializer_class = serializers.VoucherSerializer
    error_statuses = {
        "create": ("409",),
        "revoke": ("409",),
        "extend": ("409",),
        "pause": ("409",),
        "resume": ("409",),
        "move": ("409",),
        "new_code": ("409",),
    }

    @extend_schema(parameters=[FilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = read_filter(FilterSerializer, request.query_params)
        # By their keys: a subquery would hide from the database how few companies there are.
        user: Any = request.user
        companies = list(user.memberships.values_list("company", flat=True))
        vouchers = Voucher.objects.filter(company__in=companies)
        found = filters.narrowed(vouchers, wanted).values(*rows.COLUMNS)
        page = self.paginate_queryset(found) or ()
        return self.get_paginated_response(rows.shown_page(page, timezone.now()))

    @extend_schema(
        request=serializers.NewVoucherSerializer, responses={201: serializers.VoucherSerializer}
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one voucher of a package; its router gets it within moments."""
        body = self._body(serializers.NewVoucherSerializer)
        package = body["package"]
        voucher = issuing.issue(
            package.router, issuing.terms_of(package), source=Voucher.Source.SINGLE, **body
        )
        self._record("voucher.create", voucher)
        return Response(self._shown(voucher), status=201)

    @extend_schema(operation_id="hotspot_vouchers_revoke", request=None)
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End a voucher for good; whoever is online with it is put out."""
        return self._act("voucher.revoke", services.revoke)

    @extend_schema(
        operation_id="hotspot_vouchers_extend",
        request=serializers.ExtendSerializer,
        responses=serializers.VoucherSerializer,
    )
    def extend(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add to what a voucher allows. One that is over is good again, from now on."""
        return self._act("voucher.extend", services.extend, serializers.ExtendSerializer)

    @extend_schema(operation_id="hotspot_vouchers_pause", request=None)
    def pause(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put a voucher aside; it keeps the time that is left."""
        return self._act("voucher.pause", services.pause)

    @extend_schema(operation_id="hotspot_vouchers_resume", request=None)
    def resume(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let a paused voucher go on."""
        return self._act("voucher.resume", services.resume)

    @extend_schema(
        operation_id="hotspot_vouchers_move",
        request=serializers.MoveSerializer,
        responses=serializers.VoucherSerializer,
    )
    def move(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Free a voucher from its device, for another to use it: this one, or whichever comes."""
        return self._act("voucher.move", services.move, serializers.MoveSerializer)

    @extend_schema(operation_id="hotspot_vouchers_new_code", request=None)
    def new_code(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Draw another code for a voucher that nobody has used, and that its router cannot take."""
        return self._act("voucher.new_code", issuing.draw_new_code)

    @extend_schema(
        operation_id="hotspot_vouchers_revoke_many",
        request=RevokeManySerializer,
        responses={200: serializers.VouchersRevokedAnswer, 202: serializers.RevokingAnswer},
    )
    def revoke_many(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke all vouchers that a filter means, in companies where the caller may."""
        wanted = self._body(RevokeManySerializer)
        with transaction.atomic():
            count, job = revoking.revoke(request.user, wanted)
            # What is searched for may be a code, which is stored nowhere in clear.
            shown = {name: str(value) for name, value in wanted.items() if name != "search"}
            shown |= {"search": "…"} if "search" in wanted else {}
            audit.record(request, "voucher.revoke_many", "vouchers", count=count, filter=shown)
        if job is not None:
            return Response({"job": JobSerializer(job).data}, status=202)
        return Response({"revoked": count})

    def _body(self, serializer_class: type) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data, context={"request": self.request})
        serializer.is_valid(raise_exception=True)
        body: dict[str, Any] = serializer.validated_data
        return body

    def _act(self, action: str, act: Any, serializer_class: type | None = None) -> Response:
        voucher = self.get_object()
        body = self._body(serializer_class) if serializer_class else {}
        with transaction.atomic():
            changed = act(voucher, **body)
            self._record(action, voucher)
        return Response(self._shown(changed))

    def _shown(self, voucher: Voucher) -> Any:
        return self.get_serializer(voucher).data

    def _record(self, action: str, voucher: Voucher) -> None:
        audit.record(self.request, action, voucher, company=voucher.company.public_id)


class BatchViewSet(
    CompanyViewMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """Vouchers that were made together, and sheets to print them on."""

    queryset = Batch.objects.select_related("package", "company", "router")
    serializer_class = serializers.VoucherBatchWithProgressSerializer
    error_statuses = {"create": ("409",)}

    def get_serializer_class(self) -> Any:
        # To count the vouchers of a thousand batches would take a list too long.
        if self.action == "list":
            return serializers.VoucherBatchSerializer
        return serializers.VoucherBatchWithProgressSerializer

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make up to 10,000 vouchers of a package, all or none; the router gets them at once."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        batch = issuing.issue_batch(**serializer.validated_data, user=request.user)
        audit.record(
            request, "batch.create", batch, company=batch.company.public_id, count=batch.count
        )
        return Response(self.get_serializer(batch).data, status=201)

    @extend_schema(
        operation_id="hotspot_vouchers_batches_pdf",
        parameters=[printing.SheetSerializer],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
        examples=examples.PDF,
    )
    def pdf(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Draw cards to cut out and sell, with QR codes that open the login page."""
        batch = self.get_object()
        sheet = printing.sheet_of(batch, request.query_params)
        drawn = sheets.pdf(sheet, printing.cards_of(batch))
        return _download(HttpResponse(drawn, content_type="application/pdf"), batch, "pdf")

    @extend_schema(
        operation_id="hotspot_vouchers_batches_csv",
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)},
        examples=examples.CSV,
    )
    def csv(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Write the vouchers as a table, which no spreadsheet takes for formulas."""
        batch = self.get_object()
        lines: Sequence[bytes] | Any = sheets.csv(printing.cards_of(batch))
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        return _download(answer, batch, "csv")


def _download(answer: Any, batch: Batch, ending: str) -> Any:
    answer["Content-Disposition"] = f'attachment; filename="vouchers-{batch.pk}.{ending}"'
    answer["Cache-Control"] = "no-store"  # codes are as good as money
    return answer
