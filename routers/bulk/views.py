"""One command for many routers: `/routers/commands/…`."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit, jobs
from cloudpilot.api import CompanyViewMixin, FamilyView
from cloudpilot.idempotency import idempotent
from routers import execution
from routers.bulk import filters, serializers, services, tasks
from routers.commands import parse_command
from routers.models import CommandBatch, CommandResult


class BulkCommandViewSet(
    CompanyViewMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """Commands for many routers of the caller's companies; kept for 90 days."""

    queryset = CommandBatch.objects.select_related("company")
    serializer_class = serializers.BatchSerializer
    lookup_field = "public_id"

    def paginate_queryset(self, queryset: Any) -> Any:
        return services.with_counts(super().paginate_queryset(queryset) or [])

    def get_object(self) -> CommandBatch:
        return services.with_counts([super().get_object()])[0]

    @extend_schema(
        operation_id="bulk_commands_create",
        request=serializers.BulkCommandSerializer,
        responses={202: serializers.BatchSerializer},
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send one command to many routers, each in its own time.

        What it may do and who may send it is as for one router, and decided before anything is
        sent. A router that is away is tried for up to two minutes. A command that writes is never
        sent to a router twice: where its answer was lost, the result is `unknown`.
        """
        serializer = serializers.BulkCommandSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        body = serializer.validated_data
        company, conditions = body["company"], body["routers"]
        command = parse_command(
            body["command"],
            method=body["method"],
            params=body.get("params"),
            data=body.get("data"),
        )
        execution.demand_leave(
            command, user=request.user, company_id=company.pk, confirm=body["confirm"]
        )
        routers = filters.matching(company, conditions)
        batch = services.start(company, command, routers, user=request.user, conditions=conditions)
        jobs.enqueue(tasks.queue_commands, {"batch": batch.pk}, company=company.pk)
        self._record("bulk_command.create", batch, routers=len(routers), command=batch.command)
        return self._answer(batch, status=202)

    @extend_schema(operation_id="bulk_commands_cancel", request=None)
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Call off what has not begun; what has begun comes to its end. Harmless to repeat."""
        batch = self.get_object()
        number = services.cancel(batch)
        if number:
            self._record("bulk_command.cancel", batch, routers=number)
        return self._answer(batch)

    def _answer(self, batch: CommandBatch, status: int = 200) -> Response:
        services.with_counts([batch])
        return Response(self.get_serializer(batch).data, status=status)

    def _record(self, action: str, batch: CommandBatch, **details: Any) -> None:
        company = batch.company.public_id
        audit.record(self.request, action, batch.public_id, company=company, **details)


class BulkResultViewSet(FamilyView, mixins.ListModelMixin, GenericViewSet):
    """What became of a bulk command on each of its routers."""

    queryset = CommandResult.objects.all()
    serializer_class = serializers.ResultSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        visible = CommandBatch.objects.visible_to(request.user)
        self.batch = get_object_or_404(visible, public_id=kwargs["public_id"])

    def get_queryset(self) -> Any:
        results = self.batch.results.all()
        state = self.request.query_params.get("state")
        if state is None:
            return results
        if state not in CommandResult.State.values:
            choices = ", ".join(CommandResult.State.values)
            raise ValidationError({"state": [f"Give one of {choices}."]})
        return results.filter(state=state)

    @extend_schema(
        operation_id="bulk_command_results_list",
        parameters=[
            OpenApiParameter("state", enum=CommandResult.State.values, description="Only these.")
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what became of the command on each router, the last of them first."""
        return super().list(request, *args, **kwargs)
