from collections.abc import Sequence
from typing import Self

from django.db import models
from django.utils import timezone


class RevocableQuerySet(models.QuerySet):
    """Rows that end by revocation, which is final."""

    def live(self) -> Self:
        return self.filter(revoked_at=None)

    def revoke(self) -> int:
        """End the rows that have not ended yet; answers how many those were."""
        return self.live().update(revoked_at=timezone.now())


def count_kinds(
    rows: models.QuerySet,
    *,
    of: str,
    owners: Sequence[models.Model],
    field: str,
    kinds: type[models.TextChoices],
) -> None:
    """Give each owner `counts`: how many of its rows have which of all `kinds` in `field`.

    `of` names the column by which a row belongs to its owner. One query, however many owners.
    """
    belonging = rows.filter(**{f"{of}__in": owners}).order_by()
    counted = belonging.values_list(of, field).annotate(number=models.Count("pk"))
    numbers = {(owner, kind): number for owner, kind, number in counted}
    for owner in owners:
        counts = {kind.value: numbers.get((owner.pk, kind.value), 0) for kind in kinds}
        owner.counts = counts  # type: ignore[attr-defined]
