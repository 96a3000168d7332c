"""One menu's rows, as they should be and as they are: which is which, and what differs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from routers.masking import MASK, is_masked
from routers.reconcile.changes import Differences
from routers.reconcile.menus import Menu
from routers.reconcile.rows import Desired, Row, is_in_hand, is_mark

Secret = tuple[str, str, str]  # menu, key, field


@dataclass(frozen=True)
class Secrets:
    """What we know of secrets that a router does not show: digests of what we wrote."""

    written: Mapping[Secret, str]
    digest: Callable[[str], str]

    def holds(self, secret: Secret, value: str | None) -> bool:
        """Whether the last that we wrote is `value`; what was never written is unset."""
        written = self.written.get(secret)
        if not value:
            return written is None or written == self.digest("")
        return written is not None and written == self.digest(value)


@dataclass
class Match:
    """A desired row and what stands for it: the best row with its mark, and copies of that."""

    desired: Desired
    row: Row | None = None
    copies: list[Row] = field(default_factory=list)
    differences: Differences = field(default_factory=dict)

    @property
    def id(self) -> str | None:
        return self.row[".id"] if self.row is not None else None


class Comparison:
    """The desired rows of one menu, each with the router's row; and those of ours left over."""

    def __init__(
        self, menu: Menu, desired: Iterable[Desired], actual: Sequence[Row], secrets: Secrets
    ) -> None:
        self.menu = menu
        self.actual = actual
        self._secrets = secrets
        # A router that shows one row's secret shows every one's; an absent one is then unset.
        self._shown = {
            name for name, known in menu.fields.items()
            if known.secret and any(row.get(name) and not is_masked(row[name]) for row in actual)
        }  # fmt: skip
        ours = self._ours()
        self.matches = [self._match(row, ours.pop(row.key, ())) for row in desired]
        self.leftovers = [row for rows in ours.values() for row in rows]

    def key_of(self, row: Row) -> str | None:
        """Return the mark of a row of ours, None for anybody else's."""
        text = row.get(self.menu.marked_by, "")
        if not text.startswith("cp:") or not is_mark(text) or is_in_hand(text):
            return None
        return None if is_routers_own(row) else text

    def next_to(self, row: Row) -> str | None:
        """Return the id of the row that comes after this one in a menu where that matters."""
        return self._following.get(row[".id"])

    @cached_property
    def _following(self) -> dict[str, str]:
        return dict(pairwise(row[".id"] for row in self.actual)) if self.menu.ordered else {}

    def _ours(self) -> dict[str, list[Row]]:
        ours: dict[str, list[Row]] = {}
        for row in self.actual:
            if key := self.key_of(row):
                ours.setdefault(key, []).append(row)
        return ours

    def _match(self, desired: Desired, rows: Sequence[Row]) -> Match:
        if not rows:
            return Match(desired)
        if len(rows) == 1:
            return Match(desired, rows[0], differences=self._differences(desired, rows[0]))
        best = min(rows, key=lambda row: len(self._differences(desired, row)))
        copies = [row for row in rows if row is not best]
        return Match(desired, best, copies, self._differences(desired, best))

    def _differences(self, desired: Desired, row: Row) -> Differences:
        found: dict[str, tuple[str | None, str | None]] = {}
        fields = self.menu.fields
        for name, value in desired.attributes.items():
            shown = row.get(name)
            if value == shown and isinstance(value, str):
                continue  # most are, and thousands of rows go through here
            known = fields[name]
            wanted = known.wire(value)
            if known.secret and self._is_hidden(name, shown):
                secret = (self.menu.path, desired.key, name)
                if not self._secrets.holds(secret, wanted):
                    # In a row of ours only we write: what we never wrote is unset.
                    found[name] = None if self._secrets.holds(secret, None) else MASK, wanted
            elif not known.same(wanted, shown):
                found[name] = shown, wanted
        return found

    def _is_hidden(self, name: str, shown: str | None) -> bool:
        return is_masked(shown) if shown else name not in self._shown


def is_routers_own(row: Row) -> bool:
    """Whether the router made this row itself, for some reason of its own."""
    return any(row.get(flag) in ("true", "yes") for flag in ("dynamic", "default", "builtin"))
