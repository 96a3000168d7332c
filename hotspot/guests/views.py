from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import CompanyViewMixin, FamilyView
from cloudpilot.serializers import read_query
from hotspot.guests import sessions
from hotspot.guests.serializers import (
    KickedAnswer,
    KickSerializer,
    LoginFilterSerializer,
    LoginSerializer,
    SessionSerializer,
    WhichRouterSerializer,
)
from hotspot.models import Login
from routers.models import Router


class SessionsView(FamilyView):
    """Who is online at a router now."""

    error_statuses = {"get": ("404", "409", "503")}

    @extend_schema(
        operation_id="hotspot_sessions",
        parameters=[WhichRouterSerializer],
        responses=SessionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Read the guests who are online at one router, live."""
        asked = read_query(WhichRouterSerializer, request.query_params)
        routers = Router.objects.visible_to(request.user)
        router = get_object_or_404(routers, pk=asked["router"])
        return Response(SessionSerializer(sessions.online(router), many=True).data)


class KickView(FamilyView):
    """Putting guests out."""

    error_statuses = {"post": ("409", "503")}

    @extend_schema(
        operation_id="hotspot_sessions_kick", request=KickSerializer, responses=KickedAnswer
    )
    def post(self, request: Request) -> Response:
        """End a session, or all of a user or of a device, with the cookies they would return by.

        The voucher stays good: who has it may log in again.
        """
        body = KickSerializer(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        whom = dict(body.validated_data)
        router = whom.pop("router")
        ended = sessions.kick(router, **whom)
        audit.record(request, "session.kick", router, company=router.company.public_id, ended=ended)
        return Response({"ended": ended})


class LoginViewSet(CompanyViewMixin, FamilyView, mixins.ListModelMixin, GenericViewSet):
    """Who has been online, where, for how long; open sessions as of the last look."""

    queryset = Login.objects.select_related("router")
    serializer_class = LoginSerializer

    def get_queryset(self) -> Any:
        wanted = read_query(LoginFilterSerializer, self.request.query_params)
        online = wanted.pop("online")
        logins = super().get_queryset().filter(**wanted)
        return logins if online is None else logins.filter(ended_at__isnull=online)

    @extend_schema(parameters=[LoginFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)
