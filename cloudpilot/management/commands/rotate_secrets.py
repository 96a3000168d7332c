from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models
from tqdm import tqdm

from cloudpilot.crypto import Sealed, SealedField, SecretUnreadable, is_current, seal, unseal


class Command(BaseCommand):
    help = (
        "Seal every stored secret again with the newest ENCRYPTION_KEY. May be stopped and run "
        "again at any time; when it reports nothing left, the older keys can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for field in sealed_fields():
            rows = field.model._default_manager.exclude(**{field.attname: None})
            bar = tqdm(rows.iterator(), total=rows.count(), desc=str(field), disable=None)
            unreadable += sum(not _renew(row, field) for row in bar)
        if unreadable:
            raise CommandError(f"{unreadable} secrets open with none of the keys.")
        self.stdout.write("Every secret is sealed with the newest key.")


def sealed_fields() -> Iterator[SealedField]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedField):
                yield field


def _renew(row: models.Model, field: SealedField) -> bool:
    """Re-seal one value; False if no key opens it. A value changed meanwhile is left alone."""
    old, identity = row.__dict__[field.attname], field.identity_of(row)
    if is_current(old.token, identity):
        return True
    try:
        value = unseal(old.token, identity)
    except SecretUnreadable:
        return False
    unchanged = {"pk": row.pk, field.attname: old}
    row.__class__._default_manager.filter(**unchanged).update(
        **{field.attname: Sealed(seal(value, identity))}
    )
    return True
