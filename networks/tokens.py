"""Tokens of nodes: a node shows its password once, and then for some minutes this.

They name an audience of their own: no token of a user passes for one, nor the other way.
"""

from datetime import timedelta
from typing import Any, Final

import jwt
from django.conf import settings
from django.utils import timezone

from networks.models import Node

LIFETIME: Final = timedelta(minutes=5)
_ISSUER: Final = "cloudpilot"
_AUDIENCE: Final = "cloudpilot-mesh"
_ALGORITHM: Final = "HS256"


def issue(node: Node) -> str:
    """Return a token for this node in this network, good until its password or its device changes."""
    now = timezone.now()
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "iat": now,
        "exp": now + LIFETIME,
        "node": node.pk,
        "network": node.network.netid,
        "mac": node.mac_address,
        "credential": node.credential_number,
    }
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, _ALGORITHM)


def node_of(token: str) -> Node | None:
    """Return the node whose token this is, with its network; None for all else.

    Also one that has expired, which has yet to hear so: `api.MayCall` lets it do nothing else.
    """
    claims = _verified(token)
    if claims is None or not isinstance(claims.get("node"), int):
        return None
    node = Node.objects.select_related("network__company").filter(pk=claims["node"]).first()
    if node is None or not _is_bound_to(node, claims):
        return None
    return node if not node.is_pending and node.network.company.is_active else None


def _verified(token: str) -> dict[str, Any] | None:
    try:
        return jwt.decode(
            token,
            settings.JWT_SIGNING_KEY,
            [_ALGORITHM],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            options={"require": ["exp", "iat", "node"]},
        )
    except (jwt.PyJWTError, ValueError):
        return None


def _is_bound_to(node: Node, claims: dict[str, Any]) -> bool:
    bound = (node.network.netid, node.mac_address, node.credential_number)
    return bound == (claims.get("network"), claims.get("mac"), claims.get("credential"))
