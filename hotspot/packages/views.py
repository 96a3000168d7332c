from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import CompanyViewMixin, EditMixin, FamilyView
from cloudpilot.idempotency import idempotent
from cloudpilot.locks import hold
from cloudpilot.serializers import read_query
from hotspot import services
from hotspot.errors import PackageRetired
from hotspot.models import Package
from hotspot.packages import examples
from hotspot.packages.serializers import (
    OfferSerializer,
    PackageFilterSerializer,
    PackageSerializer,
    RouterPackagesAnswer,
)
from routers.models import Router
from routers.reconcile.services import mark_dirty
from routers.serializers import DeletedAnswer


class PackageViewSet(
    CompanyViewMixin,
    EditMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """What the routers of the caller's companies sell."""

    queryset = Package.objects.select_related("router", "company")
    serializer_class = PackageSerializer
    error_statuses = {"create": ("404",), "update": ("409",), "partial_update": ("409",)}

    @extend_schema(parameters=[PackageFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List packages, the newest first; without those that were deleted, unless asked for."""
        return super().list(request, *args, **kwargs)

    def filter_queryset(self, queryset: Any) -> Any:
        if self.action != "list":
            return queryset
        wanted = read_query(PackageFilterSerializer, self.request.query_params)
        return queryset.filter(retired_at__isnull=not wanted.pop("retired"), **wanted)

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        router = serializer.validated_data["router"]
        hold_router(router)
        package = serializer.save(company_id=router.company_id)
        self._record("package.create", package)

    def perform_update(self, serializer: Any) -> None:
        if serializer.instance.retired_at:
            raise PackageRetired("This package is retired; make a new one.")
        self._record("package.update", serializer.save())

    @extend_schema(responses={200: DeletedAnswer}, examples=examples.DELETED)
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a package. One that sold anything is retired: its vouchers stay good."""
        with transaction.atomic():
            package = self.get_locked_object()
            self._record("package.delete", package)
            services.delete_package(package)
        return Response({"message": f'Package "{package.name}" has been successfully deleted'})

    def _record(self, action: str, package: Package) -> None:
        audit.record(self.request, action, package, company=package.company.public_id)
        mark_dirty([package.router_id])


def hold_router(router: Router) -> None:
    """Keep the router from being deleted meanwhile; `Http404` if it was quicker."""
    if not hold(Router.objects.filter(pk=router.pk)):
        get_object_or_404(Router, pk=router.pk)


class RouterPackagesView(FamilyView):
    """What one router has on sale."""

    @extend_schema(operation_id="router_packages", responses=RouterPackagesAnswer)
    def get(self, request: Request, router_pk: int) -> Response:
        router = get_object_or_404(Router.objects.visible_to(request.user), pk=router_pk)
        packages = router.packages.on_sale().order_by("package_type", "price", "pk")
        shown = OfferSerializer(packages, many=True).data
        answer = {
            "router_id": router.pk,
            "router_name": router.name,
            "packages": shown,
            "message": f"Found {len(shown)} active packages for {router.name}",
        }
        return Response(answer)
