"""Who is told of a company's payments, and how that went: `/payments/notifications/…`."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import CompanyViewMixin, EditMixin, FamilyView
from cloudpilot.idempotency import idempotent
from cloudpilot.limits import spend
from cloudpilot.serializers import read_query
from cloudpilot.tenancy import Role
from payments.models import Channel, Delivery, Endpoint
from payments.notifications import delivering, examples, serializers, signing, telling
from routers.serializers import DeletedAnswer


class ListenerViewSet(
    CompanyViewMixin,
    EditMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """What endpoints and channels have in common. Members see them; owners change them."""

    lookup_field = "public_id"
    noun = ""
    error_statuses = {"create": ("409",)}
    action_roles = dict.fromkeys(("update", "partial_update", "destroy", "rotate"), Role.OWNER)

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        self._record("create", serializer.save())

    def perform_update(self, serializer: Any) -> None:
        self._record("update", serializer.save())

    @extend_schema(responses={200: DeletedAnswer}, examples=examples.DELETED)
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete it, with what it was sent. What is being sent just now may still arrive."""
        with transaction.atomic():
            row = self.get_locked_object()
            self._record("delete", row)
            row.delete()
        return Response({"message": "It has been deleted, and what it was sent with it"})

    def _record(self, act: str, row: Any) -> None:
        company = row.company.public_id
        audit.record(self.request, f"{self.noun}.{act}", row.public_id, company=company)

    def _spend_trial(self, row: Any) -> None:
        spend("notification_trials_per_company", str(row.company_id))


class EndpointViewSet(ListenerViewSet):
    """Addresses that signed webhooks are sent to."""

    queryset = Endpoint.objects.select_related("company")
    serializer_class = serializers.EndpointSerializer
    noun = "webhook_endpoint"
    error_statuses = {"create": ("409",), "replay": ("409",), "ping": ("429",)}

    @extend_schema(responses={201: serializers.NewEndpointAnswer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add an address; its secret, which receivers verify webhooks with, is shown this once."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        endpoint = serializer.save()
        self._record("create", endpoint)
        return self._with_secret(endpoint, status=201)

    @extend_schema(request=None, responses={200: serializers.NewEndpointAnswer})
    @idempotent
    def rotate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a new secret, shown this once. The one before signs besides it for 24 hours."""
        endpoint = self.get_locked_object()
        endpoint.replace_secret(signing.new_secret(), signing.OVERLAP)
        endpoint.save()
        self._record("rotate", endpoint)
        return self._with_secret(endpoint)

    @extend_schema(request=None, responses={202: serializers.DeliverySerializer})
    @idempotent
    def ping(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send a webhook of the kind `ping`, once, also where the endpoint is switched off."""
        endpoint = self.get_object()
        self._spend_trial(endpoint)
        delivery = delivering.ping(endpoint)
        return Response(serializers.DeliverySerializer(delivery).data, status=202)

    @extend_schema(
        request=serializers.ReplaySerializer, responses={202: serializers.ReplayedAnswer}
    )
    @idempotent
    def replay(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send again all that failed since a moment, with the ids that it had."""
        endpoint = self.get_object()
        serializer = serializers.ReplaySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        number = delivering.replay_failed(endpoint, serializer.validated_data["since"])
        return Response({"replayed": number}, status=202)

    def _with_secret(self, endpoint: Endpoint, status: int = 200) -> Response:
        shown = serializers.NewEndpointAnswer(endpoint, context=self.get_serializer_context())
        return Response(shown.data, status=status)


class ChannelViewSet(ListenerViewSet):
    """Ways to people: chats of Telegram, and mailboxes."""

    queryset = Channel.objects.select_related("company")
    serializer_class = serializers.ChannelSerializer
    noun = "notification_channel"
    error_statuses = {"create": ("409",), "trial": ("429",)}

    @extend_schema(request=None, responses={202: serializers.QueuedAnswer})
    @idempotent
    def trial(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write to its people that the channel works. If it does not, `last_failure` says why."""
        channel = self.get_object()
        self._spend_trial(channel)
        telling.try_out(channel)
        return Response({"message": "A test is on its way"}, status=202)


class DeliveryViewSet(
    CompanyViewMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """Webhooks on their way and sent; kept for 30 days."""

    queryset = Delivery.objects.select_related("endpoint", "notice")
    serializer_class = serializers.DeliverySerializer
    lookup_field = "public_id"
    error_statuses = {"replay": ("409",)}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action != "list":
            return rows
        wanted = read_query(serializers.DeliveryFilter, self.request.query_params)
        return delivering.narrowed(rows, wanted)

    @extend_schema(parameters=[serializers.DeliveryFilter])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List deliveries to the endpoints of the caller's companies, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=serializers.OneDeliverySerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a delivery with its last 50 tries."""
        return Response(serializers.OneDeliverySerializer(self.get_object()).data)

    @extend_schema(request=None, responses={202: serializers.DeliverySerializer})
    @idempotent
    def replay(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send it now, whatever became of it before; its id stays the same."""
        delivery = delivering.replay(self.get_object())
        return Response(self.get_serializer(delivery).data, status=202)
