from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from cloudpilot import audit
from cloudpilot.api import CompanyViewMixin, EditMixin, FamilyView
from cloudpilot.clients import client_network
from cloudpilot.idempotency import idempotent
from cloudpilot.limits import spend
from cloudpilot.tenancy import Role, demand_role
from users import examples, keys, serializers, services, tokens
from users.authentication import KeyPairAuthentication
from users.keys import NewPair
from users.models import ApiKey, Company, Membership, Profile, User
from users.permissions import NotByKeyPair
from users.tokens import TokenPair


class OpenView(FamilyView):
    """For callers who have no credential yet: a stale one in a header is not even read."""

    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = ()
    error_statuses = {"*": ("401", "429")}


class TokenView(OpenView):
    """Takes its credential in the body; a stale access token in a header does no harm."""

    authentication_classes = (KeyPairAuthentication,)
    permission_classes = (NotByKeyPair,)
    error_statuses = {"*": ("401", "403")}


class AccountView(FamilyView):
    """Account security: for people with an access token."""

    permission_classes = (IsAuthenticated, NotByKeyPair)


class RegisterView(OpenView):
    """Make an account, its personal company and a first key pair."""

    error_statuses = {"*": ("429",)}

    def check_throttles(self, request: Request) -> None:
        spend("registrations_per_address", client_network(request._request))

    @extend_schema(
        operation_id="register",
        request=serializers.RegisterSerializer,
        responses={201: serializers.RegisterAnswer},
        examples=examples.REGISTER,
        auth=[],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body = _checked(serializers.RegisterSerializer, request)
        user, pair = services.register(**body)
        audit.record(request, "user.register", user, actor=user)
        answer = {
            "message": "User registered successfully",
            "user_id": user.pk,
            "api_key": _pair_shown(pair),
            "note": "API keys created automatically",
        }
        return Response(answer, status=201)


class LoginView(OpenView):
    """Exchange name and password for an access token and a refresh token."""

    @extend_schema(
        operation_id="login",
        request=serializers.LoginSerializer,
        responses=serializers.LoginAnswer,
        examples=examples.LOGIN,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        body = _checked(serializers.LoginSerializer, request)
        user = services.check_credentials(request._request, **body)
        return Response(_login_shown(user, tokens.start_family(user)))


class KeyLoginView(OpenView):
    """Exchange a key pair for tokens that may do what the pair may, and end when it does."""

    @extend_schema(
        operation_id="api_key_login",
        request=serializers.KeyLoginSerializer,
        responses=serializers.KeyLoginAnswer,
        examples=examples.KEY_LOGIN,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        body = _checked(serializers.KeyLoginSerializer, request)
        key = services.check_key_pair(request._request, **body)
        message = "API key authentication successful"
        pair = tokens.start_family(key.user, key)
        return Response({**_login_shown(key.user, pair), "message": message})


class RefreshView(TokenView):
    """Exchange a refresh token for a new pair; a second use of it ends all that descend from it."""

    @extend_schema(
        operation_id="refresh_token",
        request=serializers.RefreshSerializer,
        responses=serializers.TokenAnswer,
        examples=examples.REFRESH,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        body = _checked(serializers.RefreshSerializer, request)
        return Response(asdict(tokens.rotate(body["refresh_token"])))


class LogoutView(TokenView):
    """End the tokens that descend from one login, or with `all` every token of the user."""

    @extend_schema(
        operation_id="logout",
        request=serializers.LogoutSerializer,
        responses=serializers.MessageAnswer,
        examples=examples.LOGOUT,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        body = _checked(serializers.LogoutSerializer, request)
        tokens.end_family(body["refresh_token"], all_families=body["all"])
        return Response({"message": "Logged out successfully"})


class PasswordView(AccountView):
    """Change the password; every token ends, so log in again."""

    error_statuses = {"*": ("429",)}

    @extend_schema(
        operation_id="change_password",
        request=serializers.PasswordSerializer,
        responses=serializers.MessageAnswer,
        examples=examples.PASSWORD,
    )
    def post(self, request: Request) -> Response:
        body = _checked(serializers.PasswordSerializer, request)
        user = services.check_credentials(
            request._request, request.user.get_username(), body["current_password"]
        )
        with transaction.atomic():
            services.change_password(user, body["new_password"])
            audit.record(request, "password.change", user)
        return Response({"message": "Password changed successfully; log in again"})


class ProfileView(FamilyView):
    """What the caller says about themselves."""

    @extend_schema(
        operation_id="profile_read",
        summary="Show the caller's profile",
        responses=serializers.ProfileSerializer,
        examples=examples.PROFILE,
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.ProfileSerializer(_profile(request)).data)

    @extend_schema(
        operation_id="profile_update",
        summary="Change the caller's profile",
        request=serializers.ProfileSerializer(partial=True),
        responses=serializers.ProfileSerializer,
        examples=examples.PROFILE,
    )
    def put(self, request: Request) -> Response:
        serializer = serializers.ProfileSerializer(
            _profile(request), data=request.data, partial=True
        )
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)

    @extend_schema(
        operation_id="profile_edit",
        summary="Change the caller's profile",
        request=serializers.ProfileSerializer,
        responses=serializers.ProfileSerializer,
        examples=examples.PROFILE,
    )
    def patch(self, request: Request) -> Response:
        return self.put(request)


class KeysView(AccountView):
    """The caller's key pairs, without their private halves."""

    @extend_schema(
        operation_id="api_keys_list", responses=serializers.KeysAnswer, examples=examples.KEYS
    )
    def get(self, request: Request) -> Response:
        found = list(_caller(request).api_keys.all())
        newest = next((key.public_key for key in found if key.revoked_at is None), None)
        shown = serializers.ApiKeySerializer(found, many=True).data
        return Response({"public_key": newest, "keys": shown})


class KeyView(AccountView, mixins.DestroyModelMixin, GenericViewSet):
    """One key pair of the caller."""

    queryset = ApiKey.objects.all()

    def get_queryset(self) -> Any:
        return _caller(self.request).api_keys.all()

    @extend_schema(
        operation_id="api_key_revoke",
        summary="Revoke the key pair",
        responses={200: serializers.MessageAnswer},
        examples=examples.REVOKED,
    )
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = self.get_object()
        with transaction.atomic():
            if self.get_queryset().filter(pk=key.pk).revoke():
                audit.record(request, "api_key.revoke", key)
        return Response({"message": f'API key "{key.name}" has been revoked'})


class GenerateKeyView(AccountView):
    """Add a named key pair to those that the caller has."""

    @extend_schema(
        operation_id="api_key_generate",
        request=serializers.NewKeySerializer,
        responses={201: serializers.KeyAnswer},
        examples=examples.NEW_KEY,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body = _checked(serializers.NewKeySerializer, request)
        pair = keys.make_pair(_caller(request), body["name"])
        audit.record(request, "api_key.generate", pair.row)
        return _key_answer(pair, "New API key generated successfully")


class RotateKeysView(AccountView):
    """Revoke every key pair of the caller, and make one new one."""

    @extend_schema(
        operation_id="api_keys_rotate",
        request=serializers.NewKeySerializer,
        responses={201: serializers.KeyAnswer},
        examples=examples.NEW_KEY,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body = _checked(serializers.NewKeySerializer, request)
        pair = keys.replace_pairs(_caller(request), body["name"])
        audit.record(request, "api_key.rotate", pair.row)
        return _key_answer(pair, f"New API keys generated. {serializers.PRIVATE_KEY_NOTE}")


def _checked(kind: type[Serializer], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    body: dict[str, Any] = serializer.validated_data
    return body


def _caller(request: Request) -> User:
    """Return the user of a request that has passed `IsAuthenticated`."""
    return cast(User, request.user)


def _profile(request: Request) -> Profile:
    """Return the caller's profile; a user made outside the API gets one on first sight."""
    profile, _ = Profile.objects.get_or_create(user=_caller(request))
    return profile


def _login_shown(user: User, pair: TokenPair) -> dict[str, Any]:
    return {
        **asdict(pair),
        "user_id": user.pk,
        "username": user.get_username(),
    }


def _pair_shown(pair: NewPair) -> dict[str, Any]:
    return {
        "id": pair.row.pk,
        "name": pair.row.name,
        "public_key": pair.row.public_key,
        "private_key": pair.private_key,
        "message": serializers.PRIVATE_KEY_NOTE,
    }


def _key_answer(pair: NewPair, message: str) -> Response:
    answer = {
        "message": message,
        "public_key": pair.row.public_key,
        "private_key": pair.private_key,
        "api_key": _pair_shown(pair),
    }
    return Response(answer, status=201)


class CompanyViewSet(
    CompanyViewMixin,
    EditMixin,
    FamilyView,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """The companies that the caller is a member of."""

    queryset = Company.objects.all()
    serializer_class = serializers.CompanySerializer
    lookup_field = "public_id"
    action_roles = {"partial_update": Role.OWNER}

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        body = serializer.validated_data
        company = services.found_company(
            _caller(request),
            name=body["name"],
            email=body.get("contact_email", ""),
            phone=body.get("contact_phone", ""),
        )
        audit.record(request, "company.create", company, company=company.public_id)
        return Response(self.get_serializer(company).data, status=201)


class MemberViewSet(
    CompanyViewMixin,
    FamilyView,
    mixins.ListModelMixin,
    GenericViewSet,
):
    """The members of one company. Owners decide who they are; anyone may leave."""

    queryset = Membership.objects.select_related("user")
    serializer_class = serializers.MembershipSerializer
    action_roles = {"partial_update": Role.OWNER, "destroy": Role.VIEWER}
    error_statuses = {
        "create": ("409",),
        "partial_update": ("409",),
        "destroy": ("409",),
    }

    def get_queryset(self) -> Any:
        return Membership.objects.select_related("user").filter(company=self.company)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.company = get_object_or_404(
            Company.objects.visible_to(request.user), public_id=kwargs["company_id"]
        )

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        demand_role(request.user, self.company.pk, Role.OWNER)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        body = serializer.validated_data
        membership = services.add_member(self.company, body["user"], body["role"])
        self._record("member.add", membership)
        return Response(self.get_serializer(membership).data, status=201)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        membership = self.get_object()
        serializer = self.get_serializer(membership, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        role = serializer.validated_data.get("role", membership.role)
        with transaction.atomic():
            services.change_role(membership, Role(role))
            self._record("member.change", membership)
        return Response(self.get_serializer(membership).data)

    @extend_schema(responses={200: serializers.MessageAnswer}, examples=examples.MEMBER_REMOVED)
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        membership = self.get_object()
        if membership.user_id != request.user.pk:
            demand_role(request.user, self.company.pk, Role.OWNER)
        name = membership.user.username
        with transaction.atomic():
            services.remove_member(membership)
            self._record("member.remove", membership)
        return Response({"message": f'Member "{name}" has been removed'})

    def _record(self, action: str, membership: Membership) -> None:
        audit.record(
            self.request,
            action,
            membership.user,
            company=self.company.public_id,
            role=str(membership.role),
        )
