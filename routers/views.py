from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import CompanyViewMixin, EditMixin, FamilyView
from cloudpilot.idempotency import idempotent
from cloudpilot.limits import spend
from cloudpilot.openapi import error_with
from cloudpilot.tenancy import Role
from routers import examples, serializers, services
from routers.commands import parse_command
from routers.errors import RouterRefused
from routers.models import Router

_REFUSED = OpenApiResponse(
    error_with(router_id="integer", command="string", method="string", status_code="integer"),
    description="Not a command, or one to which the router said no.",
    examples=examples.REFUSED,
)
_AWAY = OpenApiResponse(
    error_with(reason="string", seen_fingerprint="string"),
    description="The router did not answer; `reason` says why.",
    examples=examples.AWAY,
)


class RouterViewSet(
    CompanyViewMixin,
    EditMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """Routers of the caller's companies."""

    queryset = Router.objects.select_related("company", "status")
    serializer_class = serializers.RouterSerializer
    # These two ask the device; what a command needs, its own risk decides.
    action_roles = {"check": Role.VIEWER, "execute": Role.VIEWER}
    error_statuses = {
        "destroy": ("409",),
        "check": ("409", "429", "503"),
        "execute": ("409",),
        "device_info": ("409",),
    }

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        router = serializer.save()
        self._record("router.create", router)

    def perform_update(self, serializer: Any) -> None:
        router = serializer.save()
        self._record("router.update", router, changed=serializer.changed)

    @extend_schema(responses={200: serializers.DeletedAnswer}, examples=examples.DELETED)
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            router = self.get_locked_object()
            self._record("router.delete", router)
            services.delete_router(router)
        message = f'Router "{router.name}" has been successfully deleted'
        return Response({"message": message})

    def _record(self, action: str, router: Router, **details: Any) -> None:
        audit.record(self.request, action, router, company=router.company.public_id, **details)

    @extend_schema(
        operation_id="routers_test_connection",
        request=None,
        responses=serializers.ConnectionTestAnswer,
        examples=examples.CONNECTION_TEST,
    )
    def check(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask the router whether it is there, and store the answer. An answer is 200 either way."""
        router = self.get_object()
        spend("connection_tests_per_company", str(router.company_id))
        found = services.check_connection(router)
        answer = {
            "router_id": router.pk,
            "is_online": found.is_online,
            "message": "Connection test completed",
        }
        if not found.is_online:
            answer |= {"reason": found.reason, "detail": found.detail}
        return Response(answer)

    @extend_schema(
        operation_id="routers_execute_command",
        request=serializers.CommandSerializer,
        responses={200: serializers.CommandAnswer, 400: _REFUSED, 503: _AWAY},
        examples=examples.COMMAND,
    )
    def execute(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Run one RouterOS command, written as the API, REST or the console writes it."""
        router = self.get_object()
        serializer = serializers.CommandSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        body = serializer.validated_data
        command = parse_command(
            body["command"],
            method=body["method"],
            params=body.get("params"),
            data=body.get("data"),
        )
        asked = {"router_id": router.pk, "command": body["command"], "method": body["method"]}
        try:
            result = services.execute_command(
                router, command, user=request.user, confirm=body["confirm"]
            )
        except RouterRefused as refused:
            refused.extra |= asked  # the page shows the request again, as it was sent
            raise
        return Response({**asked, "result": result, "message": "Command executed successfully"})

    @extend_schema(
        operation_id="routers_device_info",
        responses={200: serializers.DeviceInfoAnswer, 400: _REFUSED, 503: _AWAY},
        examples=examples.DEVICE_INFO,
    )
    def device_info(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read what the router is and how it fares, live."""
        router = self.get_object()
        return Response(
            {
                "router_id": router.pk,
                "device_info": services.device_info(router),
                "message": "Device information retrieved successfully",
            }
        )
