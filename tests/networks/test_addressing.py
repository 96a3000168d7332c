from ipaddress import ip_network

import pytest

from networks import addressing


def test_host_bits_of_a_range_are_masked():
    assert addressing.range_of(" 10.0.0.1/24 ") == ip_network("10.0.0.0/24")


@pytest.mark.parametrize("text", ["", "10.0.0.0", "10.0.0.0/33", "mesh", "10.0.0.0/x"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        addressing.range_of(text)


def test_the_first_address_of_a_range_is_number_one():
    assert addressing.address_at(ip_network("10.70.0.0/16"), 1) == "10.70.0.1"
    assert addressing.number_of(ip_network("10.70.0.0/16"), "10.70.1.0") == 256


def test_the_broadcast_address_is_nobodys():
    small = ip_network("10.0.0.0/30")

    assert addressing.last_number(small) == 2
    with pytest.raises(ValueError, match="no address number 3"):
        addressing.address_at(small, 3)
    with pytest.raises(ValueError, match="no address of a host"):
        addressing.number_of(small, "10.0.0.3")


@pytest.mark.parametrize(
    ("text", "usable"),
    [("10.0.0.0/30", True), ("10.0.0.0/31", False), ("10.0.0.0/32", False), ("fd00::/64", True),
     ("fd00::/127", False), ("127.0.0.0/16", False), ("224.0.0.0/8", False), ("0.0.0.0/0", False),
     ("fe80::/64", False), ("::/0", False), ("8.8.8.0/24", True)],
)  # fmt: skip
def test_a_mesh_has_a_range_with_room_for_two_that_is_routed(text, usable):
    assert addressing.is_usable(ip_network(text)) is usable


@pytest.mark.parametrize(
    ("taken", "start", "lowest"),
    [([], 1, 1), ([1, 2, 3], 1, 4), ([2, 3], 1, 1), ([1, 3], 1, 2), ([7, 8, 10], 7, 9)],
)
def test_the_lowest_free_number_is_found(taken, start, lowest):
    assert addressing.lowest_free(taken, start) == lowest


def test_the_first_range_that_overlaps_none_is_free():
    pool = ip_network("10.64.0.0/14")
    used = [ip_network("10.64.0.0/24"), ip_network("fd00::/64")]

    assert addressing.free_range(pool, 16, used) == ip_network("10.65.0.0/16")
    assert addressing.free_range(pool, 16, [pool]) is None


def test_a_random_range_is_nobodys_in_the_world():
    assert addressing.random_local_range().subnet_of(ip_network("fd00::/8"))
    assert addressing.random_local_range() != addressing.random_local_range()
