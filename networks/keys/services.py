from typing import Any

from django.db import IntegrityError, transaction

from networks import allocation, names
from networks.errors import KeyNameTaken, KeyValueTaken
from networks.models import AccessKey, Network
from networks.models.key import digest_of

_VALUE_LENGTH = 16


def create(
    network: Network, *, name: str = "", value: str = "", **columns: Any
) -> tuple[AccessKey, str]:
    """Make an access key; answers it with its value, which nobody can tell later.

    Raises `KeyNameTaken` or `KeyValueTaken` if that is another's in this network.
    """
    value = value or names.random_letters(_VALUE_LENGTH)
    name = name or f"key{names.random_letters(5)}"
    try:
        with transaction.atomic():
            allocation.locked(network.pk)  # which may be gone by now
            key = AccessKey.objects.create(
                network=network,
                name=name,
                value_digest=digest_of(value),
                **columns,
            )
    except IntegrityError as exc:
        if network.access_keys.filter(name=name).exists():
            raise KeyNameTaken("Duplicate AccessKey Name") from exc
        raise KeyValueTaken("Another key of this network has this value.") from exc
    return key, value
