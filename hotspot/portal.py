"""What a captive portal reads and does, with its router's key (`/portal/…`)."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot.api import FamilyView
from routers.authentication import HasRouterKey, RouterKeyAuthentication
from routers.models import Router, RouterKey

# RouterOS fills these in when it serves the page, so the form posts to the router's own address.
_LOGIN_FORM = {
    "method": "post",
    "action": "$(link-login-only)",
    "username_field": "username",
    "password_field": "password",
    "destination_field": "dst",
}


class PortalView(FamilyView):
    """For captive portals: the router's key says which router, and grants nothing beyond it."""

    authentication_classes = (RouterKeyAuthentication,)
    permission_classes = (HasRouterKey,)

    @property
    def router(self) -> Router:
        key: RouterKey = self.request.auth  # type: ignore[assignment]  # HasRouterKey saw to it
        return key.router


class RouterShown(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    location = serializers.CharField()


class CompanyShown(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()


class LoginForm(serializers.Serializer):
    method = serializers.CharField()
    action = serializers.CharField(help_text="RouterOS fills it in when it serves the page")
    username_field = serializers.CharField()
    password_field = serializers.CharField()
    destination_field = serializers.CharField()


class PortalConfig(serializers.Serializer):
    router = RouterShown()
    company = CompanyShown()
    packages = serializers.ListField(
        child=serializers.DictField(), help_text="what can be bought here"
    )
    login = LoginForm()


_EXAMPLE = OpenApiExample(
    "A café's portal",
    response_only=True,
    value={
        "router": {"id": "RTR_0A1B2C3D", "name": "Café Uhuru", "location": "Moi Avenue"},
        "company": {"id": "EMP_0A1B2C3D4E", "name": "Uhuru Coffee"},
        "packages": [],
        "login": _LOGIN_FORM,
    },
)


class ConfigView(PortalView):
    """All that a portal page needs to draw itself: where it stands, what is sold, how to log in."""

    @extend_schema(operation_id="portal_config", responses=PortalConfig, examples=[_EXAMPLE])
    def get(self, request: Request) -> Response:
        router = self.router
        answer: dict[str, Any] = {
            "router": RouterShown(router).data,
            "company": CompanyShown(router.company).data,
            "packages": [],
            "login": _LOGIN_FORM,
        }
        return Response(answer)
