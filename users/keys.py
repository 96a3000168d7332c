"""API key pairs: random, checksummed, stored as a keyed digest, shown once."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from cloudpilot.crypto import digest, same
from cloudpilot.prepared import prepared
from cloudpilot.random_ids import checked_key, is_checked_key
from users.models import ApiKey, User

PUBLIC_PREFIX = "cp_pub_"
PRIVATE_PREFIX = "cp_sec_"
_PUBLIC_LENGTH = 20
_PRIVATE_LENGTH = 43  # 256 bits
_PURPOSE = "api-key"


@dataclass(frozen=True)
class NewPair:
    """A pair at the only moment when its private half is known."""

    row: ApiKey
    private_key: str


def make_pair(user: User, name: str) -> NewPair:
    """Add a named pair to those that `user` has."""
    private_key = checked_key(PRIVATE_PREFIX, _PRIVATE_LENGTH)
    row = ApiKey.objects.create(
        user=user,
        name=name,
        public_key=checked_key(PUBLIC_PREFIX, _PUBLIC_LENGTH),
        private_key_digest=digest(private_key, _PURPOSE),
    )
    return NewPair(row, private_key)


def replace_pairs(user: User, name: str) -> NewPair:
    """Revoke every pair of `user` and make one new one; parallel calls leave exactly one."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        user.api_keys.all().revoke()
        return make_pair(user, name)


def find_pair(public_key: str, private_key: str) -> ApiKey | None:
    """Return the live pair of an active user that both halves belong to.

    A mistyped key is refused by its checksum, with no query.
    """
    if not is_checked_key(public_key, PUBLIC_PREFIX):
        return None
    if not is_checked_key(private_key, PRIVATE_PREFIX):
        return None
    key = next(iter(_with_user(public_key)), None)
    # An unknown key costs the same comparison as a known one.
    expected = key.private_key_digest if key else digest("", _PURPOSE)
    is_theirs = same(digest(private_key, _PURPOSE), expected)
    return key if key and is_theirs and key.is_live else None


@prepared
def _with_user(public_key: Any) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(public_key=public_key).select_related("user")
