"""Credentials of the mesh API besides a user's own: the master key, and a node's token."""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from cloudpilot.clients import client_network
from cloudpilot.errors import DomainError
from cloudpilot.limits import failures_spent
from cloudpilot.problems import UNAUTHENTICATED
from networks import tokens
from networks.callers import MasterKey, NodeCaller
from networks.errors import MasterKeyNeeded
from users.authentication import AccessTokenAuthentication, KeyPairAuthentication


class MasterKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <MESH_MASTER_KEY>`; there is none unless it is set.

    It opens everything, so whoever tries one after the other is stopped before long.
    """

    def authenticate(self, request: Request) -> tuple[MasterKey, None] | None:
        bearer = bearer_of(request)
        if not settings.MESH_MASTER_KEY or not bearer or _is_token(bearer):
            return None
        with failures_spent({"wrong_master_keys_per_address": client_network(request._request)}):
            if not _is_master_key(bearer):
                raise MasterKeyNeeded(UNAUTHENTICATED)
        return MasterKey(), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class NodeTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` that a node got for its password."""

    def authenticate(self, request: Request) -> tuple[NodeCaller, None] | None:
        bearer = bearer_of(request)
        node = tokens.node_of(bearer) if _is_token(bearer) else None
        return (NodeCaller(node), None) if node else None


CREDENTIALS = (
    MasterKeyAuthentication,
    NodeTokenAuthentication,
    AccessTokenAuthentication,
    KeyPairAuthentication,
)


class LenientAuthentication(BaseAuthentication):
    """Know who calls if the credential is good, and let everybody else through as nobody.

    For where another credential, in the body, may let a caller in.
    """

    def authenticate(self, request: Request) -> Any:
        for kind in CREDENTIALS:
            try:
                found = kind().authenticate(request)
            except (AuthenticationFailed, DomainError):
                continue
            if found is not None:
                return found
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def bearer_of(request: Request) -> str:
    """Return all that follows the scheme, for a master key may have spaces in it."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else ""


def _is_token(bearer: str) -> bool:
    """Say whether a bearer can be a JWT: no other is worth a signature's verification."""
    return bearer.count(".") == 2 and bearer.startswith("eyJ")


def _is_master_key(text: str) -> bool:
    """Say whether this is the master key, in a time that tells nothing of it."""
    return hmac.compare_digest(_digest(text), _digest(settings.MESH_MASTER_KEY))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
