from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cloudpilot import audit
from networks.api import MeshView
from networks.errors import ConfigurationTooLong
from networks.peers import answers, examples, qr
from networks.peers.configuring import configuration_of, new_keys
from networks.peers.serializers import NewKeysSerializer


class PeerConfigurationView(MeshView):
    """A node's configuration, for its network's people and for the node itself."""

    tag = "mesh-nodes"
    for_nodes = ("get", "post")
    error_statuses = {"*": ("409",)}

    @extend_schema(
        operation_id="mesh_nodes_config",
        responses={(200, "text/plain"): OpenApiResponse(OpenApiTypes.STR)},
        examples=examples.CONFIG,
    )
    def get(self, request: Request, netid: str, mac: str) -> HttpResponse:
        """Write a node's WireGuard configuration, with a place for the private key that it has."""
        return answers.file(self.get_node())

    @extend_schema(
        operation_id="mesh_nodes_config_with_new_keys", request=None, responses=NewKeysSerializer
    )
    def post(self, request: Request, netid: str, mac: str) -> Response:
        """Make a new pair of keys for a plain peer; the private one is in this answer alone.

        For devices that cannot make their own, such as a phone that scans a QR code. The key that
        it had before is worth nothing from then on.
        """
        node = self.get_node()
        private_key = new_keys(node)
        audit.record(request, "node.key", node, company=node.network.company.public_id)
        return Response(
            {
                "publickey": node.public_key,
                "config": configuration_of(node, private_key=private_key),
                "qr": _svg_of(configuration_of(node, private_key=private_key, with_names=False)),
            },
            headers=answers.PRIVATE,
        )


class PeerCodeView(MeshView):
    """A node's configuration as a QR code, for its network's people and for the node itself."""

    tag = "mesh-nodes"
    for_nodes = ("get",)
    error_statuses = {"*": ("409",)}

    @extend_schema(
        operation_id="mesh_nodes_qr",
        responses={
            (200, "image/svg+xml"): OpenApiResponse(OpenApiTypes.STR),
            (200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY),
        },
        examples=examples.QR,
    )
    def get(self, request: Request, netid: str, mac: str) -> HttpResponse:
        """Draw a node's configuration as a QR code: an SVG, or by `Accept` a PNG.

        It has a place for the private key, as the text has; one to scan and use comes with new
        keys.
        """
        node = self.get_node()
        wanted = request._request.get_preferred_type(["image/svg+xml", "image/png"])
        return answers.png(node) if wanted == "image/png" else answers.svg(node)


def _svg_of(text: str) -> str | None:
    try:
        return qr.svg(text).decode()
    except ConfigurationTooLong:
        return None
