"""Secrets: sealed at rest where they must be read again, digested where they need not.

A sealed value is a Fernet token with its row's identity inside, so a ciphertext that was
copied into another row or column does not open there (security.md E1).
"""

import hashlib
import hmac
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from cloudpilot.errors import Conflict


class SecretUnreadable(Conflict):
    """The stored value does not open: its key is gone, or it was moved from another row."""

    code = "secret_unreadable"


@cache
def _fernets(keys: tuple[str, ...]) -> tuple[MultiFernet, Fernet]:
    """Return what opens with any key, and what opens with the newest alone."""
    ring = [Fernet(key) for key in keys]
    return MultiFernet(ring), ring[0]


def seal(value: str, identity: str) -> str:
    """Encrypt `value` with the newest key; it opens again only under the same `identity`."""
    ring, _ = _fernets(tuple(settings.ENCRYPTION_KEYS))
    return ring.encrypt(f"{identity}\0{value}".encode()).decode()


def unseal(token: str, identity: str) -> str:
    """Decrypt what `seal` made; raises `SecretUnreadable`."""
    ring, _ = _fernets(tuple(settings.ENCRYPTION_KEYS))
    return _open(ring, token, identity)


def is_current(token: str, identity: str) -> bool:
    """Say whether the newest key alone opens `token`, so that rotation can pass it over."""
    _, newest = _fernets(tuple(settings.ENCRYPTION_KEYS))
    try:
        _open(newest, token, identity)
    except SecretUnreadable:
        return False
    return True


def _open(key: Fernet | MultiFernet, token: str, identity: str) -> str:
    try:
        bound, _, value = key.decrypt(token.encode()).decode().partition("\0")
    except (InvalidToken, UnicodeDecodeError) as exc:
        raise SecretUnreadable("A stored secret cannot be read; set it again.") from exc
    if not hmac.compare_digest(bound.encode(), identity.encode()):
        raise SecretUnreadable("A stored secret cannot be read; set it again.")
    return value


def digest(value: str, purpose: str) -> str:
    """Return the keyed digest (HMAC-SHA-256, hex) under which a random key is stored.

    For values of high entropy only. `purpose` keeps digests of one kind from serving another.
    A new SECRET_KEY makes every digest, and so every key, void.
    """
    key = hashlib.sha256(f"cloudpilot.digest.{purpose}\0{settings.SECRET_KEY}".encode()).digest()
    return hmac.digest(key, value.encode(), "sha256").hex()


def same(left: str, right: str) -> bool:
    """Compare two digests in a time that tells nothing."""
    return hmac.compare_digest(left.encode(), right.encode())


_SEALED_MARK = "sealed:"


class Sealed:
    """A ciphertext as it came from the database; it prints as nothing worth stealing."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token = token

    def __repr__(self) -> str:
        return "<sealed>"


class _Restored(Sealed):
    """A ciphertext out of a backup, on its way to the database as it is."""

    __slots__ = ()


class _SealedAttribute:
    """Open the value when it is read from a row, and keep what is assigned until the row is saved."""

    def __init__(self, field: "SealedField") -> None:
        self.field = field

    def __get__(self, row: models.Model | None, owner: type | None = None) -> Any:
        if row is None:
            return self
        if self.field.attname not in row.__dict__:
            row.refresh_from_db(fields=[self.field.attname])
        value = row.__dict__[self.field.attname]
        if isinstance(value, Sealed) and not isinstance(value, _Restored):
            return unseal(value.token, self.field.identity_of(row))
        return value

    def __set__(self, row: models.Model, value: Any) -> None:
        row.__dict__[self.field.attname] = value


class SealedField(models.TextField):
    """Text that is encrypted in the database, bound to its row by the field `bound_to`.

    `bound_to` names an immutable unique field that has its value before the first save. A
    queryset cannot write this field: it has no row to bind the value to.
    """

    def __init__(self, *args: Any, bound_to: str = "public_id", **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)  # no form and no admin page shows it
        super().__init__(*args, **kwargs)
        self.bound_to = bound_to

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "bound_to": self.bound_to}

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _SealedAttribute(self))

    def identity_of(self, row: models.Model) -> str:
        return self._identity(getattr(row, self.bound_to))

    def _identity(self, bound: Any) -> str:
        return f"{self.model._meta.label_lower}.{self.attname}:{bound}"

    def seal_for(self, bound: Any, value: str) -> str:
        """Return the ciphertext for the row whose field `bound_to` is `bound`."""
        return seal(value, self._identity(bound))

    def unseal_for(self, bound: Any, sealed: Sealed) -> str:
        """Open what `values()` answered for this field of that row."""
        return unseal(sealed.token, self._identity(bound))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, row: models.Model, add: bool) -> Sealed | None:
        value = row.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        return Sealed(seal(value, self.identity_of(row)))

    # dumpdata writes the ciphertext, and loaddata takes it as one.

    def value_from_object(self, row: models.Model) -> Any:
        return self.pre_save(row, add=False)

    def value_to_string(self, row: models.Model) -> str:
        value = self.value_from_object(row)
        return f"{_SEALED_MARK}{value.token}" if value else ""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(_SEALED_MARK):
            return _Restored(value.removeprefix(_SEALED_MARK))
        return value

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(f"{self.attname} is sealed: assign it to a row and save the row.")
        return value.token
