from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot import audit
from cloudpilot.idempotency import idempotent
from networks.admins import services
from networks.admins.serializers import AdminChangeSerializer, AdminSerializer, NewAdminSerializer
from networks.api import MeshView, MeshViewSet
from networks.authentication import MasterKeyAuthentication
from networks.callers import sees_all
from users.models import User

_DELETED = OpenApiResponse(
    OpenApiTypes.STR, "Deleted.", examples=[OpenApiExample("Deleted", value="smartguy deleted.")]
)
_HAS_ADMIN = OpenApiResponse(
    OpenApiTypes.BOOL, "Whether there is one.", examples=[OpenApiExample("Yes", value=True)]
)


class AdminViewSet(MeshViewSet):
    """Platform admins, for each other and for the master key; nobody else finds any."""

    tag = "mesh-admins"
    queryset = User.objects.all()
    serializer_class = AdminSerializer
    lookup_field = "username"

    def get_queryset(self) -> Any:
        admins = User.objects.filter(is_superuser=True)
        return admins if sees_all(self.request.user) else admins.none()

    @extend_schema(operation_id="mesh_admins_retrieve", summary="Show an admin")
    def retrieve(self, request: Request, username: str) -> Response:
        """Show an admin."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        operation_id="mesh_admins_update", summary="Change an admin", request=AdminChangeSerializer
    )
    def update(self, request: Request, username: str) -> Response:
        """Change an admin's name or password. A new password ends the tokens they have."""
        admin = self.get_object()
        body = AdminChangeSerializer(admin, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        services.update(admin, **body.validated_data)
        audit.record(request, "admin.update", admin.username)
        return Response(self.get_serializer(admin).data)

    @extend_schema(
        operation_id="mesh_admins_destroy", summary="Delete an admin", responses={200: _DELETED}
    )
    def destroy(self, request: Request, username: str) -> Response:
        """Delete an admin, the last one too: then the master key can make another."""
        admin = self.get_object()
        with transaction.atomic():
            # First: it may be the caller, who is nobody's actor afterwards.
            audit.record(request, "admin.delete", username)
            admin.delete()
        return Response(f"{username} deleted.")


class HasAdminView(MeshView):
    """Whether anybody runs the platform; for everybody."""

    tag = "mesh-admins"
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(operation_id="mesh_admins_hasadmin", responses={200: _HAS_ADMIN})
    def get(self, request: Request) -> Response:
        """Say whether there is a platform admin."""
        return Response(services.has_admin())


class CreateAdminView(MeshView):
    """The platform's first admin."""

    tag = "mesh-admins"
    authentication_classes = (MasterKeyAuthentication,)

    @extend_schema(
        operation_id="mesh_admins_createadmin",
        request=NewAdminSerializer,
        responses={200: AdminSerializer},
        auth=[{"masterKey": []}],  # type: ignore[list-item]  # the annotation lacks this form
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make the platform's first admin, with the master key, once."""
        body = NewAdminSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        admin = services.create_first(**body.validated_data)
        audit.record(request, "admin.create", admin.username)
        return Response(AdminSerializer(admin).data)
