"""A node's configuration as an answer: the text as a file, or what a phone scans."""

from typing import Final

from django.http import HttpResponse

from networks.models import Node
from networks.peers import qr
from networks.peers.configuring import configuration_of

PRIVATE: Final = {"Cache-Control": "no-store"}


def file(node: Node) -> HttpResponse:
    """Answer the text, named as `wg-quick` would have its interface called."""
    name = f'attachment; filename="{node.interface}.conf"'
    return HttpResponse(
        configuration_of(node),
        content_type="text/plain; charset=utf-8",
        headers={**PRIVATE, "Content-Disposition": name},
    )


def svg(node: Node) -> HttpResponse:
    return HttpResponse(qr.svg(_scanned(node)), content_type="image/svg+xml", headers=PRIVATE)


def png(node: Node) -> HttpResponse:
    return HttpResponse(qr.png(_scanned(node)), content_type="image/png", headers=PRIVATE)


def _scanned(node: Node) -> str:
    return configuration_of(node, with_names=False)
