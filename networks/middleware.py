"""The page names some of its paths in two ways: each of the others becomes the one we route."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from networks.names import RESERVED

_NETID = rf"(?!(?:{'|'.join(sorted(RESERVED))})/)[^/]+"
_FORMS = (
    (re.compile(r"^/api/network(?=/|$)"), "/api/networks"),
    (re.compile(rf"^/api/({_NETID})/nodes(?=/|$)"), r"/api/nodes/\1"),
    (re.compile(r"^/api/nodes/(?!adm/)([^/]+)/authenticate(?=/?$)"), r"/api/nodes/adm/\1/authenticate"),
    (re.compile(r"^(/api/nodes/[^/]+/[^/]+)/uncordon(?=/?$)"), r"\1/approve"),
)  # fmt: skip


class MeshPathsMiddleware:
    """Let every form of the mesh page's paths answer, unredirected and for every method."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/"):
            request.path_info = routed(request.path_info)
        return self.get_response(request)


def routed(path: str) -> str:
    """Return the path that `urls` knows for any of its forms."""
    for form, ours in _FORMS:
        path = form.sub(ours, path)
    return path
