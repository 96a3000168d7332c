"""What a router is connected to without us, and what of a network must not get in its way."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from networks import addressing
from networks.addressing import Range
from networks.models import Node


@dataclass(frozen=True)
class Surroundings:
    """The subnets that a router is in by other interfaces than the network's own."""

    subnets: Sequence[Range]
    own: Sequence[Range]  # the network's

    @classmethod
    def of(cls, node: Node) -> Self | None:
        """Return what was found when we last looked; None if we never have."""
        if node.looked_at is None:
            return None
        subnets = [addressing.range_of(text) for text in node.subnets]
        return cls(subnets, node.network.own_ranges)

    @property
    def clash(self) -> Range | None:
        """The router's subnet that the network's own range overlaps: it cannot be in both."""
        found = (addressing.overlapping(range_, self.subnets) for range_ in self.own)
        return next((subnet for subnet in found if subnet is not None), None)

    def harmless(self, texts: Iterable[str]) -> list[str]:
        """Leave out the ranges that would take from the router what it reaches without us."""
        refused = {text for text, _ in self.refusals(texts)}
        return [text for text in texts if text not in refused]

    def refusals(self, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield each range that the router must not reach by the network, and the reason."""
        for text in texts:
            range_ = addressing.range_of(text)
            if not range_.prefixlen:
                yield text, f"{text} would take all of the router's traffic, ours included."
            elif other := addressing.overlapping(range_, self.subnets):
                yield text, f"{text} overlaps {other}, which the router is in itself."
