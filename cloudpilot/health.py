from django.db import Error
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework.fields import CharField
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot.api import FamilyView
from cloudpilot.jobs.models import Job

_ANSWER = inline_serializer("Health", {"status": CharField()})


@method_decorator(never_cache, name="dispatch")
class HealthView(FamilyView):
    """Whether this process can do its work; and nothing about why.

    It can if the database answers and has the queue's table: what it enqueues there is safe. That
    no worker runs, or that a broker is away, is no reason to take web servers away as well.
    """

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
            Job.objects.exists()
        except Error:
            return Response({"status": "unavailable"}, status=503)
        return Response({"status": "ok"})
