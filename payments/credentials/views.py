from typing import Any, cast

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import CompanyViewMixin, EditMixin, FamilyView, RolePermission
from cloudpilot.idempotency import idempotent
from cloudpilot.limits import spend
from cloudpilot.openapi import error_with
from cloudpilot.tenancy import Role, demand_role
from payments.credentials import examples, serializers, services
from payments.errors import CredentialsNotFound
from payments.models import Credentials
from payments.providers import name_of, slug_of
from routers.serializers import DeletedAnswer
from users.models import User
from users.permissions import NotByKeyPair

_AWAY = OpenApiResponse(
    error_with(reason="string"),
    description="The provider did not answer; `reason` says why.",
    examples=examples.PROVIDER_AWAY,
)


class _CredentialsView(CompanyViewMixin, FamilyView, GenericViewSet):
    queryset = Credentials.objects.kept().with_keys().select_related("company")
    serializer_class = serializers.CredentialsSerializer

    def _record(self, action: str, row: Credentials, **details: Any) -> None:
        audit.record(
            self.request,
            f"payment_credentials.{action}",
            row,
            company=row.company.public_id,
            credentials=row.pk,
            **details,
        )


class CredentialsViewSet(
    EditMixin,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    _CredentialsView,
):
    """Accounts at payment providers, into which guests pay.

    Owners say whose account the money goes to. Operators choose among those, and test them.
    """

    action_roles = dict.fromkeys(
        ("update", "partial_update", "update_private_key", "destroy"), Role.OWNER
    )
    error_statuses = {"destroy": ("409",), "verify": ("409", "429")}

    def get_locked_object(self) -> Credentials:
        services.take_turns(self.get_object().company_id)
        row: Credentials = super().get_locked_object()
        return row

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        company = serializer.validated_data["company"]
        demand_role(self.request.user, company.pk, Role.OWNER)
        row = services.open_account(**serializer.validated_data)
        serializer.instance = row
        self._record("create", row, deactivated=row.deactivated)

    def perform_update(self, serializer: Any) -> None:
        self._change("update", serializer.instance, serializer.validated_data)

    def _change(self, action: str, row: Credentials, changes: dict[str, Any]) -> None:
        changed = services.change(row, changes)
        self._record(action, row, changed=changed, deactivated=row.deactivated)

    @extend_schema(responses={200: DeletedAnswer}, examples=examples.DELETED)
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete the credentials. Payments that were made with them keep what they need."""
        with transaction.atomic():
            row = self.get_locked_object()
            services.remove(row)
            self._record("delete", row)
        name = name_of(row.named)
        message = f"Payment credentials for {name} have been successfully deleted"
        return Response({"message": message})

    @extend_schema(request=serializers.NewPrivateKeySerializer, responses=serializers.ChangedAnswer)
    def update_private_key(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the private key. Payments under way go on with the one they began with."""
        with transaction.atomic():
            row = self.get_locked_object()
            serializer = serializers.NewPrivateKeySerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            self._change("update_private_key", row, serializer.validated_data)
        return self._changed("Private key updated successfully", row)

    @extend_schema(request=None, responses=serializers.ChangedAnswer, examples=examples.TOGGLED)
    @idempotent
    def toggle(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put the credentials out of use, or into use in place of those that were."""
        row = self.get_locked_object()
        self._change("toggle", row, {"is_active": not row.is_active})
        done = "activated" if row.is_active else "deactivated"
        return self._changed(f"Payment credentials for {name_of(row.named)} have been {done}", row)

    def _changed(self, message: str, row: Credentials) -> Response:
        return Response({"message": message, "credentials": self.get_serializer(row).data})

    @extend_schema(
        request=serializers.VerifySerializer,
        responses={200: serializers.VerifyAnswer, 503: _AWAY},
    )
    def verify(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Compare a private key with the one that is kept; without one, ask the provider."""
        row = self.get_object()
        serializer = serializers.VerifySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        spend("credential_checks_per_company", str(row.company_id))
        if key := serializer.validated_data.get("private_key"):
            is_valid = services.is_private_key(row, key)
            return _verified(row, is_valid, "Invalid private key")
        found = services.verify(row)
        more: dict[str, Any] = {"verified_at": found.verified_at}
        more |= {"identity": found.identity} if found.is_valid else {"reason": found.reason}
        return _verified(
            row, found.is_valid, f"{name_of(row.named)} does not accept these keys", **more
        )

    @extend_schema(responses=serializers.CredentialsSerializer)
    def of_provider(self, request: Request, provider: str) -> Response:
        """Show the credentials at one provider: those in use, or else the newest."""
        rows = self.get_queryset().filter(provider=slug_of(provider) or "")
        row = rows.order_by("-is_active", "-pk").first()
        if row is None:
            raise CredentialsNotFound(f"No credentials found for {provider}")
        return Response(self.get_serializer(row).data)


class PrivateKeyView(_CredentialsView):
    """A private key in clear: for an owner in person, who has just shown that they are it."""

    permission_classes = (IsAuthenticated, NotByKeyPair, RolePermission)
    action_roles = dict.fromkeys(("retrieve", "create"), Role.OWNER)
    error_statuses = {"*": ("409", "429")}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "X-Password", str, OpenApiParameter.HEADER, description="The caller's password."
            )
        ],
        operation_id="payments_private_key_read",
        summary="Show the private key",
        responses=serializers.PrivateKeyAnswer,
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the private key to an owner whose password comes along in a header."""
        return self._shown(self.get_object(), _utf8(request.headers.get("X-Password", "")))

    @extend_schema(
        operation_id="payments_private_key_show",
        summary="Show the private key",
        request=serializers.FreshPasswordSerializer,
        responses={200: serializers.PrivateKeyAnswer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the private key to an owner whose password comes along in the body."""
        row = self.get_object()
        serializer = serializers.FreshPasswordSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self._shown(row, serializer.validated_data.get("password", ""))

    def _shown(self, row: Credentials, password: str) -> Response:
        user = cast(User, self.request.user)
        spend("private_keys_shown_per_user", str(user.pk))
        services.demand_password(self.request._request, user, password)
        with transaction.atomic():
            key = services.in_use(row).private_key
            self._record("show_private_key", row)
        message = "Private key retrieved successfully"
        answer = {**_named(row), "private_key": key, "message": message}
        return Response(answer, headers={"Cache-Control": "no-store"})


def _named(row: Credentials) -> dict[str, Any]:
    return {
        "credentials_id": row.pk,
        "provider": row.named,
        "provider_display": name_of(row.named),
    }


def _verified(row: Credentials, is_valid: bool, otherwise: str, **more: Any) -> Response:
    message = "Credentials verified successfully" if is_valid else otherwise
    return Response({**_named(row), "is_valid": is_valid, "message": message, **more})


def _utf8(header: str) -> str:
    """Read a header's bytes, which WSGI hands over as Latin-1, as what clients send today."""
    return header.encode("latin-1", "replace").decode(errors="replace")
