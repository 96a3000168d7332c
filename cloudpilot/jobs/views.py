from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot.api import CompanyViewMixin, FamilyView
from cloudpilot.jobs import queue
from cloudpilot.jobs.errors import JobHasEnded
from cloudpilot.jobs.models import Job
from cloudpilot.jobs.serializers import JobSerializer


class JobViewSet(
    CompanyViewMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """The work that is done in the background for the caller's companies."""

    queryset = Job.objects.all()
    serializer_class = JobSerializer
    lookup_field = "public_id"
    error_statuses = {"cancel": ("409",)}

    @extend_schema(operation_id="jobs_cancel", request=None, responses=JobSerializer)
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Call a job off. One that is running ends soon, at a point where it does no harm."""
        job = self.get_object()
        if not queue.cancel(job):
            raise JobHasEnded("This job has ended already.")
        job.refresh_from_db()
        return Response(self.get_serializer(job).data)
