"""Digests of the secrets that we wrote to a router which does not show them again."""

from collections.abc import Iterable, Mapping, Sequence

from cloudpilot.crypto import digest
from routers.masking import is_masked
from routers.models import Router, WrittenSecret
from routers.reconcile.changes import Action, Change
from routers.reconcile.compare import Secret
from routers.reconcile.menus import MENUS
from routers.reconcile.rows import Row


class WrittenSecrets:
    """What we wrote to one router and it keeps to itself."""

    def __init__(self, router: Router) -> None:
        self._router = router
        rows = WrittenSecret.objects.filter(router=router)
        found = rows.values_list("menu", "key", "field", "digest")
        self.digests: dict[Secret, str] = {
            (menu, key, field): kept for menu, key, field, kept in found
        }

    def digest(self, value: str) -> str:
        return digest(value, f"written-to-router:{self._router.pk}")

    def note(self, changes: Iterable[Change], rows: Mapping[str, Sequence[Row]]) -> None:
        """Keep what these changes wrote and `rows`, read since, do not show."""
        changes = list(changes)
        self._forget({(c.menu, c.key) for c in changes if c.action is Action.REMOVE})
        shown = {
            (menu, row.get(MENUS[menu].marked_by)): row
            for menu in {change.menu for change in changes}
            for row in rows.get(menu, ())
        }
        hidden = {
            (change.menu, change.key, name): self.digest(value)
            for change in changes
            for name, value in change.secrets().items()
            if is_masked(shown.get((change.menu, change.key), {}).get(name, ""))
        }
        self.digests |= hidden
        WrittenSecret.objects.bulk_create(
            [
                WrittenSecret(router=self._router, menu=menu, key=key, field=field, digest=kept)
                for (menu, key, field), kept in hidden.items()
            ],
            batch_size=500,
            update_conflicts=True,
            unique_fields=["router", "menu", "key", "field"],
            update_fields=["digest"],
        )

    def _forget(self, removed: set[tuple[str, str]]) -> None:
        gone = [secret for secret in self.digests if secret[:2] in removed]
        for menu, key, field in gone:
            del self.digests[menu, key, field]
            WrittenSecret.objects.filter(
                router=self._router, menu=menu, key=key, field=field
            ).delete()
