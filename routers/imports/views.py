"""Lists of routers, uploaded: `/routers/imports/…`."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit, jobs
from cloudpilot.api import CompanyViewMixin, FamilyView
from cloudpilot.idempotency import idempotent
from routers.imports import serializers, services, tasks
from routers.models import RouterImport, RouterImportRow


class RouterImportViewSet(
    CompanyViewMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """Lists of routers that were uploaded; reports are kept for 90 days."""

    queryset = RouterImport.objects.select_related("company").defer("content")
    serializer_class = serializers.RouterImportSerializer
    lookup_field = "public_id"

    def paginate_queryset(self, queryset: Any) -> Any:
        return services.with_counts(super().paginate_queryset(queryset) or [])

    def get_object(self) -> RouterImport:
        return services.with_counts([super().get_object()])[0]

    @extend_schema(
        operation_id="router_imports_create",
        request={
            "application/json": serializers.ImportSerializer,
            "multipart/form-data": serializers.ImportFileSerializer,
        },
        responses={202: serializers.StartedImportAnswer},
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add the routers of a CSV list, or first say what would become of each line.

        The first line names the columns, by the fields of a router. Each line is judged as if it
        were sent alone to `POST /routers/`. The report never shows a password.
        """
        is_file = str(request.content_type).startswith("multipart/")
        kind = serializers.ImportFileSerializer if is_file else serializers.ImportSerializer
        serializer = kind(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        body = serializer.validated_data
        company, dry_run = body["company"], body["dry_run"]
        text = body["file"] if is_file else body["csv"]
        upload = services.start(company, text, dry_run=dry_run, user=request.user)
        upload.job = jobs.enqueue(
            tasks.import_routers,
            {"upload": upload.pk},
            lock=f"router-imports:{company.pk}",  # so that two do not add one router each
            company=company.pk,
        )
        audit.record(
            request, "router_import.create", upload, company=company.public_id, dry_run=dry_run
        )
        services.with_counts([upload])
        return Response(serializers.StartedImportAnswer(upload).data, status=202)


class RouterImportRowViewSet(FamilyView, mixins.ListModelMixin, GenericViewSet):
    """What became of each line of a list."""

    queryset = RouterImportRow.objects.all()
    serializer_class = serializers.RouterImportRowSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        visible = RouterImport.objects.visible_to(request.user)
        self.upload = get_object_or_404(visible, public_id=kwargs["public_id"])

    def get_queryset(self) -> Any:
        return self.upload.rows.all()

    @extend_schema(operation_id="router_import_rows_list")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what became of each line, the last of them first."""
        return super().list(request, *args, **kwargs)
