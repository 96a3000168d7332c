from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import FamilyView
from cloudpilot.families import EMPRESAS
from cloudpilot.idempotency import idempotent
from routers import keys, services
from routers.empresas import serializers
from routers.empresas.errors import EmpresaMismatch, EmpresaNotFound, KeyNotFound, RouterNotFound
from routers.errors import CompanyInactive
from routers.models import Router, RouterKey
from users.models import Company


class IsSuperAdmin(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_superuser:
            raise PermissionDenied
        return True


class EmpresasView(FamilyView):
    """For super admins, who run every company; all errors are `{"detail": …}`."""

    family = EMPRESAS
    permission_classes = (IsAuthenticated, IsSuperAdmin)

    def get_empresa(self) -> Company:
        empresa = Company.objects.filter(public_id=self.kwargs["empresa_id"]).first()
        if empresa is None:
            raise EmpresaNotFound("Empresa no encontrada")
        return empresa

    def get_router(self) -> Router:
        routers = Router.objects.select_related("company")
        path = {"public_id": self.kwargs["router_id"]}
        router = routers.filter(company__public_id=self.kwargs["empresa_id"], **path).first()
        if router is None:
            raise RouterNotFound("Router no encontrado o no pertenece a la empresa")
        return router

    def record(self, action: str, subject: Any, empresa: Company, **details: Any) -> None:
        audit.record(self.request, action, subject, company=empresa.public_id, **details)


class EmpresaViewSet(EmpresasView, mixins.ListModelMixin, GenericViewSet):
    """The companies of the platform."""

    queryset = Company.objects.all()
    serializer_class = serializers.EmpresaSerializer

    def get_object(self) -> Company:
        return self.get_empresa()

    @extend_schema(operation_id="empresas_create")
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            empresa = serializer.save()
            self.record("company.create", empresa, empresa)
        return Response(self.get_serializer(empresa).data, status=201)

    @extend_schema(operation_id="empresas_read")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_empresa()).data)

    @extend_schema(
        operation_id="empresas_update", request=serializers.EmpresaSerializer(partial=True)
    )
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            empresa = Company.objects.select_for_update().get(pk=self.get_empresa().pk)
            serializer = self.get_serializer(empresa, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save()
            self.record("company.update", empresa, empresa, is_active=empresa.is_active)
        return Response(serializer.data)


class EmpresaRouterViewSet(EmpresasView, mixins.ListModelMixin, GenericViewSet):
    """The routers of one company, and the key that each one's captive portal carries."""

    queryset = Router.objects.select_related("company")
    serializer_class = serializers.EmpresaRouterSerializer
    error_statuses = {"regenerate": ("400",), "destroy": ("400",)}

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(company=self.get_empresa())

    @extend_schema(
        operation_id="empresas_routers_create", responses={201: serializers.NewRouterAnswer}
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create a router with its first key; `api_key` is shown once."""
        empresa = self.get_empresa()
        if not empresa.is_active:
            raise CompanyInactive("Empresa inactiva")
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if serializer.validated_data.pop("company")["public_id"] != empresa.public_id:
            raise EmpresaMismatch("The body names another company than the path.")
        with transaction.atomic():
            router = serializer.save(company=empresa)
            new = keys.issue(router)
            self.record("router.create", router, empresa)
        answer = {
            **self.get_serializer(router).data,
            "api_key": new.token,
            "api_key_info": serializers.key_info(new),
        }
        return Response(answer, status=201)

    @extend_schema(operation_id="empresas_routers_read")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_router()).data)

    @extend_schema(
        operation_id="empresas_routers_delete", responses={200: serializers.EmpresaRouterDeleted}
    )
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a router and its keys; refused while products hang on it."""
        router = self.get_router()
        with transaction.atomic():
            services.delete_router(router)
            self.record("router.delete", router, router.company)
        return Response(
            {
                "message": "Router eliminado exitosamente",
                "router_id": router.public_id,
                "empresa_id": router.company.public_id,
            }
        )

    @extend_schema(
        operation_id="empresas_routers_toggle", request=None, responses=serializers.ToggleAnswer
    )
    def toggle(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Switch a router on or off; the very next use of its key sees it."""
        with transaction.atomic():
            router = Router.objects.select_for_update().get(pk=self.get_router().pk)
            router.is_active = not router.is_active
            router.save(update_fields=["is_active", "updated_at"])
            self.record("router.toggle", router, router.company, is_active=router.is_active)
        done = "activado" if router.is_active else "desactivado"
        return Response(
            {
                "message": f"Router {done} correctamente",
                "router_id": router.public_id,
                "activo": router.is_active,
            }
        )

    @extend_schema(
        operation_id="empresas_router_keys_regenerate",
        request=None,
        responses=serializers.RegeneratedAnswer,
    )
    @idempotent
    def regenerate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke the router's key and make a new one; `new_api_key` is shown once."""
        router = self.get_router()
        with transaction.atomic():
            new = keys.regenerate(router)
            self.record("router_key.regenerate", new.row, router.company)
        return Response(
            {
                "message": "API Key regenerada exitosamente",
                "router_id": router.public_id,
                "new_api_key": new.token,
                "api_key_info": serializers.key_info(new),
                "previous_key_revoked": new.replaced,
            }
        )

    @extend_schema(
        operation_id="empresas_router_keys_status", responses=serializers.KeyStatusAnswer
    )
    def key_status(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say whether the router has a usable key, and what to do about it."""
        return Response(serializers.key_status(self.get_router()))


class EmpresaKeyViewSet(EmpresasView, mixins.ListModelMixin, GenericViewSet):
    """Every key that one router has or had, newest first."""

    queryset = RouterKey.objects.select_related("router__company")
    serializer_class = serializers.EmpresaKeySerializer
    error_statuses = {"revoke": ("400",)}

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(router=self.get_router())

    @extend_schema(
        operation_id="empresas_router_keys_revoke",
        request=None,
        responses=serializers.RevokedAnswer,
    )
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End a key at once, with no new one in its place."""
        router = self.get_router()
        key = router.keys.filter(key_id=self.kwargs["key_id"]).first()
        if key is None:
            raise KeyNotFound("API Key no encontrada")
        with transaction.atomic():
            key = keys.revoke(key)
            self.record("router_key.revoke", key, router.company)
        return Response(
            {
                "message": "API Key revocada exitosamente",
                "key_id": key.key_id,
                "router_id": router.public_id,
                "revoked_at": key.revoked_at,
            }
        )
