from hashlib import sha256
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from cloudpilot.clients import client_network
from cloudpilot.tenancy import Role
from networks.api import MayCall, MeshView
from networks.authentication import LenientAuthentication
from networks.files import shelf
from networks.onboarding import polling
from networks.openapi import BY_CHOICE
from networks.peers import answers

_FILE = OpenApiResponse(
    OpenApiTypes.STR, "The file.", examples=[OpenApiExample("Its head", value="# CloudPilot\n")]
)
_CODE = OpenApiResponse(
    OpenApiTypes.BINARY, "A QR code.", examples=[OpenApiExample("Its head", value="\x89PNG")]
)


class FileView(MeshView):
    """Scripts for routers."""

    tag = "mesh-nodes"
    authentication_classes = (LenientAuthentication,)  # what is public nobody is kept from
    permission_classes = (MayCall,)
    for_nodes = ("get",)
    error_statuses = {"get": ("409", "429")}

    @extend_schema(
        operation_id="mesh_files",
        parameters=[OpenApiParameter("token", str, description="an access key, or access string")],
        responses={(200, "text/plain"): _FILE, (200, "image/png"): _CODE},
        auth=BY_CHOICE,
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        """Answer one of the files that routers fetch.

        `meshclient`, `meshclient.rsc`, `join.rsc`, `ca.crt` and `SHA256SUMS` are for all.
        `{netid}.rsc` needs an access key of the network as `token`; `{netid}-{mac}.rsc`, all that a
        node's router should hold, the node's token or an operator's credentials; and
        `{netid}-{mac}.conf` and `.png`, a plain peer's configuration, the node's or a member's.
        """
        token = request.query_params.get("token")
        text = shelf.public(name)
        if text is not None and not token:
            return self._public(request, text)
        text = shelf.keyed(name, token, client_network(request._request)) if token else None
        answer = self._of_node(request, name) if text is None else _plain(text)
        answer["Cache-Control"] = "no-store"
        return answer

    def _of_node(self, request: Request, name: str) -> HttpResponse:
        file = shelf.of_node(name)
        if file is None:
            raise Http404
        if not request.user.is_authenticated:
            raise NotAuthenticated
        self.kwargs |= {"netid": file.netid, "mac": file.mac}
        node = self.get_node()
        if file.kind != "rsc":
            return answers.png(node) if file.kind == "png" else answers.file(node)
        self.demand(node.network, Role.OPERATOR)  # the codes of vouchers are in it
        return _plain(polling.whole_script(node))

    @staticmethod
    def _public(request: Request, text: str) -> Any:
        answer = _plain(text)
        answer["ETag"] = f'"{sha256(text.encode()).hexdigest()[:32]}"'
        answer["Cache-Control"] = "public, max-age=300"
        return get_conditional_response(request._request, etag=answer["ETag"], response=answer)


def _plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
