"""Credentials of a request: an access token, or a key pair. Either costs one indexed query."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from users import keys, tokens
from users.models import ApiKey, User

# `last_used_at` is exact to this much, so that a busy script does not write at every request.
LAST_USED_PRECISION = timedelta(minutes=1)


class AccessTokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>` of a live family, which becomes `request.auth`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = self.get_header(request)
        raw_token = None if header is None else self.get_raw_token(header)
        if raw_token is None:
            return None
        family = tokens.family_of(self.get_validated_token(raw_token))
        if family is None:
            raise AuthenticationFailed
        return family.user, family


class KeyPairAuthentication(BaseAuthentication):
    """`X-API-Key` and `X-Private-Key` together; one without the other is no credential."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        public_key = request.headers.get("X-API-Key")
        private_key = request.headers.get("X-Private-Key")
        if public_key is None and private_key is None:
            return None
        key = keys.find_pair(public_key or "", private_key or "")
        if key is None:
            raise AuthenticationFailed
        _note_use(key)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - LAST_USED_PRECISION:
        stale = ApiKey.objects.filter(pk=key.pk).not_used_since(now - LAST_USED_PRECISION)
        stale.update(last_used_at=now)
