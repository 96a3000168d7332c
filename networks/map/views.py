from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from networks.api import MeshView
from networks.map import drawing, gathering, serializers
from networks.map.serializers import MapSerializer

_TYPE = "image/svg+xml"
_PICTURE = OpenApiResponse(
    OpenApiTypes.STR,
    "The map, drawn.",
    examples=[OpenApiExample("Its head", value='<svg xmlns="http://www.w3.org/2000/svg" …')],
)


class MapViewSet(MeshView, ViewSet):
    """Who is in a network, and who heard whom."""

    for_nodes = ("map", "picture")

    @extend_schema(operation_id="mesh_map", responses={200: MapSerializer, (200, _TYPE): _PICTURE})
    def map(self, request: Request, netid: str) -> Any:
        """Show a network's nodes and tunnels: as a picture if `Accept` is `image/svg+xml`."""
        accepted = request.headers.get("Accept", "").split(",")
        if accepted[0].partition(";")[0].strip() == _TYPE:
            return self.picture(request, netid)
        return Response(serializers.shown(gathering.map_of(self.get_network())))

    @extend_schema(operation_id="mesh_map_picture", responses={(200, _TYPE): _PICTURE})
    def picture(self, request: Request, netid: str) -> HttpResponse:
        """Draw a network's nodes and tunnels."""
        found = gathering.map_of(self.get_network())
        up = sum(dot.state is drawing.State.UP for dot in found.dots)
        note = f"{up} of {len(found.dots)} nodes up, {len(found.lines)} tunnels seen"
        if found.lines_left_out:
            note += f", {found.lines_left_out} more are not drawn"
        text = drawing.svg(found.network.netid, found.dots, found.lines, note)
        answer = HttpResponse(text, content_type=f"{_TYPE}; charset=utf-8")
        answer["Cache-Control"] = "private, no-store"
        # Opened by itself it is a page of ours: it is to run nothing, whatever it says.
        answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer
