"""What a router should be, and what that takes: `/routers/{id}/plan/` and `…/reconcile/`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import CompanyViewMixin, FamilyView
from cloudpilot.idempotency import idempotent
from cloudpilot.serializers import read_query
from routers.bulkhead import web_threads
from routers.models import Router
from routers.reconcile import services
from routers.reconcile.serializers import (
    PassAnswer,
    PassSerializer,
    PlanAnswer,
    PlanQuery,
    plan_answer,
)


class DesiredStateViewSet(CompanyViewMixin, FamilyView, GenericViewSet):
    """How far a router is from what it should be."""

    queryset = Router.objects.select_related("company")
    serializer_class = PassSerializer
    pagination_class = None
    error_statuses = {"plan": ("400", "409", "503")}

    @extend_schema(operation_id="router_plan", parameters=[PlanQuery], responses=PlanAnswer)
    def plan(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show what a pass would change on the router and why; nothing is written to it."""
        wanted = read_query(PlanQuery, request.query_params.dict())
        router = self.get_object()
        with web_threads.waiting_for(router):
            view, plan = services.plan_router(router)
        return Response(plan_answer(view, plan, limit=wanted["limit"]))

    @extend_schema(operation_id="router_reconcile", responses={202: PassAnswer})
    @idempotent
    def reconcile(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for a pass, which makes the router what it should be. `/jobs/{id}/` says how it went."""
        router = self.get_object()
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        job = services.ask_for_pass(router, **body.validated_data)
        audit.record(
            request, "router.reconcile", router, company=router.company.public_id,
            **body.validated_data,
        )  # fmt: skip
        return Response(PassAnswer({"router_id": router.pk, "job": job}).data, status=202)
