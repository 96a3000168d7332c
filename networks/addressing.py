"""Ranges of addresses and the places in them, by number: the first address of a range is number 1.

Pure: knows no Django and no table.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Range = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# More hosts than anybody has, and numbers that every database holds.
_MOST = 2**31 - 1
_UNUSABLE = tuple(
    ip_network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/8", "fe80::/10",
                 "ff00::/8")
)  # fmt: skip


def address_of(text: str) -> Address:
    """Read an address. Raises `ValueError`.

    A zone is refused: it means nothing elsewhere, and may be any text, ends of lines too.
    """
    if "%" in text:
        raise ValueError("An address with a zone means nothing elsewhere.")
    return ip_address(text)


def range_of(text: str) -> Range:
    """Read a range; host bits are allowed, and masked. Raises `ValueError`."""
    address, slash, _ = text.strip().partition("/")
    if not slash:
        raise ValueError("Write a range as 10.70.0.0/16.")
    address_of(address)
    return ip_network(text.strip(), strict=False)


def is_usable(range_: Range) -> bool:
    """Say whether a mesh may have this range: two hosts at least, and addresses that are routed."""
    return last_number(range_) > 1 and not overlapping(range_, _UNUSABLE)


def last_number(range_: Range) -> int:
    """Return the number of a range's last address that a host may have; 0 if it has none."""
    without = 2 if range_.version == 4 else 1  # IPv4 has a broadcast address at its end
    return min(max(range_.num_addresses - without, 0), _MOST)


def address_at(range_: Range, number: int) -> str:
    """Return the address with this number. Raises `ValueError` if the range has none such."""
    if not 1 <= number <= last_number(range_):
        raise ValueError(f"{range_} has no address number {number}.")
    return str(range_[number])


def number_of(range_: Range, address: str) -> int:
    """Return an address's number in a range. Raises `ValueError` if it is no host's there."""
    found = ip_address(address)
    number = int(found) - int(range_.network_address)
    if found.version != range_.version or not 1 <= number <= last_number(range_):
        raise ValueError(f"{address} is no address of a host in {range_}.")
    return number


def lowest_free(taken: Iterable[int], start: int) -> int:
    """Return the lowest number from `start` on that is not among `taken`, which ascends."""
    free = start
    for number in taken:
        if number > free:
            break
        if number == free:
            free += 1
    return free


def overlapping(range_: Range, others: Iterable[Range]) -> Range | None:
    """Return the first of `others` that has addresses in common with `range_`."""
    same_kind = (other for other in others if other.version == range_.version)
    return next((other for other in same_kind if range_.overlaps(other)), None)


def free_range(pool: Range, prefix: int, used: Collection[Range]) -> Range | None:
    """Return the first range of this length in `pool` that overlaps none in use; None if all do."""
    return next((own for own in _subnets(pool, prefix) if not overlapping(own, used)), None)


def _subnets(pool: Range, prefix: int) -> Iterator[Range]:
    yield from pool.subnets(new_prefix=prefix)


def random_local_range() -> Range:
    """Return an IPv6 range of nobody's, as RFC 4193 makes them: 40 random bits, 64 for hosts."""
    prefix = (0xFD << 120) | (secrets.randbits(40) << 80)
    return IPv6Network((prefix, 64))
