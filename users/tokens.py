"""Access and refresh tokens, in families: what simplejwt 5.5.1 leaves open is closed here.

Its rotation lets parallel refreshes of one token all succeed, knows no reuse detection, and
its refresh tokens outlive a password change (measured).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch

from cloudpilot.prepared import prepared
from cloudpilot.problems import UNAUTHENTICATED
from users.errors import InvalidToken, KeyNotAllowed
from users.models import ApiKey, TokenFamily, User

FAMILY_CLAIM = "family"


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str


def start_family(user: User, key: ApiKey | None = None) -> TokenPair:
    """Give a user who has just proved who they are, or whose `key` did, a first pair of tokens.

    They are bound to the password that `user` was read with: if it is changed meanwhile, by
    whatever way, they are dead before they are sent.
    """
    refresh = RefreshToken()
    user.token_families.expired_before(timezone.now()).delete()
    family = TokenFamily.objects.create(
        user=user,
        api_key=key,
        password_mark=user.get_session_auth_hash(),
        current_jti=refresh["jti"],
        expires_at=_expiry(refresh),
    )
    return _pair(refresh, family)


def family_of(token: Token) -> TokenFamily | None:
    """Return the family that a verified token belongs to, with its user, unless it has ended."""
    try:
        family_id = UUID(token.get(FAMILY_CLAIM))
    except (TypeError, ValueError, AttributeError):
        return None
    family = next(iter(_with_user(family_id)), None)
    if family is None or str(family.user_id) != token.get("user_id"):
        return None
    return family if family.is_live else None


@prepared
def _with_user(family_id: Any) -> QuerySet[TokenFamily]:
    return TokenFamily.objects.filter(pk=family_id).select_related("user")


def rotate(refresh_token: str) -> TokenPair:
    """Exchange a refresh token for a new pair; it can be spent once.

    The exchange is one conditional update, so of parallel ones exactly one succeeds. A spent
    token that comes again was stolen, by its first or by its second user: it ends the family.
    """
    old = _verified(refresh_token)
    family = family_of(old)
    if family is None:
        raise InvalidToken(UNAUTHENTICATED)
    refresh = RefreshToken()
    # On the row alone: with a join, PostgreSQL would judge by the row as it was before it waited.
    row = TokenFamily.objects.filter(pk=family.pk)
    is_first = row.filter(current_jti=old["jti"], revoked_at=None).update(
        current_jti=refresh["jti"], expires_at=_expiry(refresh)
    )
    if not is_first:
        row.revoke()
        raise InvalidToken(UNAUTHENTICATED)
    return _pair(refresh, family)


def end_family(refresh_token: str, *, all_families: bool = False) -> None:
    """End the family of a refresh token, or with `all_families` every one of its user.

    A second call changes nothing and is no error; only a live family can end the others.
    Raises `KeyNotAllowed` if one that a key pair started tries to.
    """
    family = family_of(_verified(refresh_token))
    if family is None:
        return
    if not all_families:
        TokenFamily.objects.filter(pk=family.pk).revoke()
    elif family.api_key_id is None:
        end_all(family.user)
    else:
        raise KeyNotAllowed("A key pair may end the tokens that it started, but no others.")


def end_all(user: User) -> None:
    """End every token of `user`, the access tokens in use included."""
    user.token_families.all().revoke()


def _verified(text: str) -> RefreshToken:
    try:
        return RefreshToken(text)  # type: ignore[arg-type]  # the stubs want bytes or a token
    except TokenError as exc:
        raise InvalidToken(UNAUTHENTICATED) from exc


def _expiry(token: RefreshToken) -> datetime:
    return datetime_from_epoch(token["exp"])


def _pair(refresh: RefreshToken, family: TokenFamily) -> TokenPair:
    refresh[FAMILY_CLAIM] = str(family.pk)
    refresh["user_id"] = str(family.user_id)
    return TokenPair(str(refresh.access_token), str(refresh))
