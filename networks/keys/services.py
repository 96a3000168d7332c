from typing import Any

from django.db import IntegrityError, transaction

from networks import allocation, names
from networks.errors import KeyNameTaken
from networks.models import AccessKey, Network
from networks.models.key import digest_of

_VALUE_LENGTH = 16


def create(
    network: Network, *, name: str = "", value: str = "", **columns: Any
) -> tuple[AccessKey, str]:
    """Make an access key; answers it with its value, which nobody can tell later.

    Raises `KeyNameTaken`, also if another key of the network has this very value.
    """
    value = value or names.random_letters(_VALUE_LENGTH)
    try:
        with transaction.atomic():
            allocation.locked(network.pk)  # which may be gone by now
            key = AccessKey.objects.create(
                network=network,
                name=name or f"key{names.random_letters(5)}",
                value_digest=digest_of(value),
                **columns,
            )
    except IntegrityError as exc:
        raise KeyNameTaken("Duplicate AccessKey Name or value.") from exc
    return key, value
