"""Access and refresh tokens, in families: what simplejwt 5.5.1 leaves open is closed here.

Its rotation lets parallel refreshes of one token all succeed, knows no reuse detection, and
its refresh tokens outlive a password change (measured).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from cloudpilot.problems import UNAUTHENTICATED
from users.errors import InvalidCredentials, InvalidToken
from users.models import TokenFamily, User

FAMILY_CLAIM = "family"


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str


def start_family(user: User) -> TokenPair:
    """Give a user who has just proved who they are a first pair of tokens.

    Raises `InvalidCredentials` if their password was changed, or they were disabled, since
    `user` was read: the tokens of that moment have just been ended.
    """
    refresh = RefreshToken()
    with transaction.atomic():
        now = User.objects.select_for_update().filter(pk=user.pk, is_active=True).first()
        if now is None or now.password != user.password:
            raise InvalidCredentials
        user.token_families.expired_before(timezone.now()).delete()
        family = TokenFamily.objects.create(
            user=user, current_jti=refresh["jti"], expires_at=_expiry(refresh)
        )
    return _pair(refresh, family.pk, user.pk)


def rotate(refresh_token: str) -> TokenPair:
    """Exchange a refresh token for a new pair; it can be spent once.

    The exchange is one conditional update, so of parallel ones exactly one succeeds. A spent
    token that comes again was stolen, by its first or by its second user: it ends the family.
    """
    old = _verified(refresh_token)
    family = TokenFamily.objects.live().filter(pk=_family_of(old), user__is_active=True)
    refresh = RefreshToken()
    is_first = family.filter(current_jti=old["jti"]).update(
        current_jti=refresh["jti"], expires_at=_expiry(refresh)
    )
    if not is_first:
        family.revoke()
        raise InvalidToken(UNAUTHENTICATED)
    return _pair(refresh, _family_of(old), old["user_id"])


def end_family(refresh_token: str, *, all_families: bool = False) -> None:
    """End the family of a refresh token, or with `all_families` every one of its user.

    A second call changes nothing and is no error; only a live family can end the others.
    """
    families = TokenFamily.objects.filter(pk=_family_of(_verified(refresh_token)))
    user_ids = list(families.live().values_list("user", flat=True))
    if all_families:
        families = TokenFamily.objects.filter(user__in=user_ids)
    families.revoke()


def end_all(user: User) -> None:
    """End every token of `user`, the access tokens in use included."""
    user.token_families.all().revoke()


def _verified(text: str) -> RefreshToken:
    try:
        return RefreshToken(text)  # type: ignore[arg-type]  # the stubs want bytes or a token
    except TokenError as exc:
        raise InvalidToken(UNAUTHENTICATED) from exc


def _family_of(token: RefreshToken) -> UUID:
    try:
        return UUID(token.get(FAMILY_CLAIM))
    except (TypeError, ValueError, AttributeError) as exc:
        raise InvalidToken(UNAUTHENTICATED) from exc


def _expiry(token: RefreshToken) -> datetime:
    return datetime_from_epoch(token["exp"])


def _pair(refresh: RefreshToken, family: UUID, user_id: int | str) -> TokenPair:
    refresh[FAMILY_CLAIM] = str(family)
    refresh["user_id"] = str(user_id)
    return TokenPair(str(refresh.access_token), str(refresh))
