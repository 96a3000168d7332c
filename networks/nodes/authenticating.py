from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from networks.api import MeshView
from networks.fields import MacField, MeshSerializer
from networks.nodes import examples, proving


@extend_schema_serializer(examples=examples.AUTHENTICATE)
class CredentialsSerializer(MeshSerializer):
    """A node's MAC address or an admin's name, and the password."""

    macaddress = MacField(required=False, allow_blank=True)
    username = serializers.CharField(required=False, max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False)

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        if not attributes.get("macaddress") and not attributes.get("username"):
            raise ValidationError({"macaddress": ["Say who you are."]})
        return attributes


@extend_schema_serializer(examples=examples.AUTHENTICATE_ADMIN)
class AdminCredentialsSerializer(MeshSerializer):
    """An admin's name and password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class _ResponseSerializer(serializers.Serializer):
    MacAddress = serializers.CharField(required=False)
    UserName = serializers.CharField(required=False)
    AuthToken = serializers.CharField()


@extend_schema_serializer(examples=examples.AUTHENTICATED)
class AuthenticatedSerializer(serializers.Serializer):
    """A token that is shown as `Authorization: Bearer …`."""

    Code = serializers.IntegerField()
    Message = serializers.CharField()
    Response = _ResponseSerializer()


class AuthenticateView(MeshView):
    """Who shows a password gets a token: a node of the network, or a platform admin."""

    tag = "mesh-nodes"
    authentication_classes = ()
    permission_classes = ()
    error_statuses = {"post": ("429",)}
    credentials: type[MeshSerializer] = CredentialsSerializer

    @extend_schema(
        operation_id="mesh_authenticate",
        request=CredentialsSerializer,
        responses={200: AuthenticatedSerializer},
    )
    def post(self, request: Request, netid: str = "") -> Response:
        """Answer a token for a node of the network, good for some minutes; or for an admin."""
        body = self.credentials(data=request.data)
        body.is_valid(raise_exception=True)
        named = body.validated_data
        if named.get("macaddress"):
            return self._as_node(request, netid, named["macaddress"], named["password"])
        token = proving.admin_token(request._request, named["username"], named["password"])
        return self._answer(named["username"], UserName=named["username"], AuthToken=token)

    def _as_node(self, request: Request, netid: str, mac: str, password: str) -> Response:
        token = proving.node_token(request._request, netid, mac, password)
        return self._answer(mac, MacAddress=mac, AuthToken=token)

    @staticmethod
    def _answer(who: str, **response: str) -> Response:
        body = {"Code": 200, "Message": f"Device {who} Authorized", "Response": response}
        return Response(body, headers={"Cache-Control": "no-store"})


class AdminAuthenticateView(AuthenticateView):
    """The same without a network: for platform admins."""

    tag = "mesh-admins"
    credentials = AdminCredentialsSerializer

    @extend_schema(
        operation_id="mesh_admin_authenticate",
        request=AdminCredentialsSerializer,
        responses={200: AuthenticatedSerializer},
    )
    def post(self, request: Request, netid: str = "") -> Response:
        """Answer an access token for a platform admin."""
        return super().post(request, netid)
