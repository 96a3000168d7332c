"""A router's key as a credential: it opens `/portal/…` of that router, and nothing else."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from routers import keys
from routers.models import RouterKey


class RouterKeyAuthentication(BaseAuthentication):
    """`X-API-Key: jwt_…` or `Authorization: Bearer jwt_…`; a guest is nobody, the router is known."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, RouterKey] | None:
        token = request.headers.get("X-API-Key") or _bearer(request)
        if token is None:
            return None
        return AnonymousUser(), keys.authenticate(token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasRouterKey(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, RouterKey):
            raise NotAuthenticated
        return True


def _bearer(request: Request) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token else None
