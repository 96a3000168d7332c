from django.db import Error, connection
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework.fields import CharField
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot.api import FamilyView

_ANSWER = inline_serializer("Health", {"status": CharField()})


@method_decorator(never_cache, name="dispatch")
class HealthView(FamilyView):
    """Whether this process can do its work; and nothing about why."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="health",
        auth=[],
        responses={200: _ANSWER, 503: _ANSWER},
        examples=[
            OpenApiExample("Well", value={"status": "ok"}),
            OpenApiExample("Not well", value={"status": "unavailable"}, status_codes=["503"]),
        ],
    )
    def get(self, request: Request) -> Response:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            return Response({"status": "unavailable"}, status=503)
        return Response({"status": "ok"})
