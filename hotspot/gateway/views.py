from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot.api import FamilyView
from cloudpilot.clients import client_network
from cloudpilot.families import GUEST_GATEWAY
from cloudpilot.idempotency import idempotent
from cloudpilot.parsers import UNLABELLED_PARSERS
from hotspot.gateway import access, openapi
from hotspot.gateway.actions import ACTIONS, Action, Parameters, create_voucher
from hotspot.gateway.errors import UnknownAction
from hotspot.models import GuestGateway


class GuestGatewayView(FamilyView):
    """Vouchers and guests of a router, for whoever has its gateway's key: the key says which."""

    family = GUEST_GATEWAY
    authentication_classes = ()
    permission_classes = ()
    parser_classes = UNLABELLED_PARSERS
    http_method_names = ["get", "post"]
    error_statuses = {"*": ("401", "403", "404", "409", "429", "503"), "post": ("422",)}
    gateway: GuestGateway | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.admit(client_network(request._request), **kwargs)
        request.auth = self.gateway

    def admit(self, address: str) -> None:
        self.gateway = access.by_key(self._key, address)
        access.demand_open(self.gateway, str(self.request.method))

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        if self.gateway and self.gateway.legacy_status:
            response.status_code = 200
        return response

    @property
    def _sent(self) -> Parameters:
        """What this method's own place holds: the body of a POST, the query string of a GET."""
        request = self.request
        sent: Any = request.query_params if request.method == "GET" else request.data
        return sent.dict() if isinstance(sent, QueryDict) else sent

    @property
    def _key(self) -> Any:
        return self.request.headers.get("X-API-Key") or self._sent.get("api-key")

    @extend_schema(operation_id="guest_api_get", **openapi.GET)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Carry out an action whose parameters are in the query string."""
        return self._carry_out(self._action)

    @extend_schema(operation_id="guest_api_post", **openapi.POST)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Carry out an action whose parameters are in the body."""
        if self._action is create_voucher:
            return self._create(request)
        return self._carry_out(self._action)

    @idempotent
    def _create(self, request: Request) -> Response:
        return self._carry_out(create_voucher)

    def _carry_out(self, action: Action) -> Response:
        # `initial` lets nobody in without a gateway.
        return Response(action(self.gateway, self._sent))  # type: ignore[arg-type]

    @property
    def _action(self) -> Action:
        name = self._sent.get("action")
        if not isinstance(name, str) or name not in ACTIONS:
            raise UnknownAction("There is no such action.")
        return ACTIONS[name]


@extend_schema_view(
    get=extend_schema(operation_id="guest_api_cloud_get"),
    post=extend_schema(operation_id="guest_api_cloud_post"),
)
class CloudGuestGatewayView(GuestGatewayView):
    """The same at an address of its own: the label says which gateway is meant."""

    def admit(self, address: str, label: str = "") -> None:
        self.gateway = access.by_label(label)
        access.demand_open(self.gateway, str(self.request.method))
        access.demand_key(self.gateway, self._key, address)
