"""What happened to one router: `/routers/{id}/events/` and `/routers/{id}/history/`."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot.api import FamilyView
from cloudpilot.serializers import read_query
from routers.fleet import history
from routers.fleet.serializers import EventQuery, EventSerializer, HistoryQuery, PointAnswer
from routers.models import Router, RouterEvent


class RouterFleetView(FamilyView, GenericViewSet):
    """Views of one router, which is a 404 to whoever is no member of its company."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        visible = Router.objects.visible_to(request.user)
        self.router = get_object_or_404(visible, pk=kwargs["router_pk"])


class RouterEventViewSet(mixins.ListModelMixin, RouterFleetView):
    """What happened to a router, newest first."""

    queryset = RouterEvent.objects.all()
    serializer_class = EventSerializer
    error_statuses = {"list": ("400",)}

    def get_queryset(self) -> Any:
        wanted = read_query(EventQuery, self.request.query_params.dict())
        return self.router.events.filter(**wanted)

    @extend_schema(parameters=[EventQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class RouterHistoryViewSet(RouterFleetView):
    """How a router fared in a span of time, the oldest first."""

    queryset = RouterEvent.objects.none()
    pagination_class = None

    @extend_schema(
        operation_id="router_history",
        parameters=[HistoryQuery],
        responses=PointAnswer(many=True),
    )
    def points(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show how a router fared: at most so many points, each of as many seconds as it takes."""
        wanted = read_query(HistoryQuery, request.query_params.dict())
        found = history.series(
            self.router, wanted["from"], wanted["to"], wanted["points"], timezone.now()
        )
        return Response(PointAnswer(found, many=True).data)
