"""What a value means is the same in each of its spellings, and so is what we write."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routers.reconcile import kinds
from routers.reconcile.menus import MENUS

SAME = [
    (kinds.DURATION, ["1d2h", "1d02:00:00", "26:00:00", "26h", "1560m", "93600", "93600s"]),
    (kinds.DURATION, ["1w2d3h4m5s", "9d03:04:05", "1w2d03:04:05"]),
    (kinds.DURATION, ["0s", "0", "00:00:00"]),
    (kinds.DURATION, ["300ms", "00:00:00.3", "0.3s", "300000us"]),
    (kinds.FLAG, ["yes", "true"]),
    (kinds.FLAG, ["no", "false"]),
    (kinds.NUMBER, ["16", "0x10"]),
    (kinds.SIZE, ["1M", "1024k", "1048576"]),
    (kinds.RATE, ["1M", "1000k", "1000000", "1Mbps"]),
    (kinds.RATES, ["512k/512k", "512k", "512000", "512000/512k"]),
    (kinds.RATES, ["0/0", "0", "unlimited/unlimited"]),
    (kinds.RATE_LIMIT, ["1M", "1M/1M", "1000k/1000k 0/0 0/0 0/0 8"]),
    (kinds.RATE_LIMIT, ["1M/2M 2M/4M", "1M/2M 2M/4M 1M/2M 1/1 8 0/0", "1M/2M 2M/4M 1M/2M 1s"]),
    (kinds.MAC, ["AA:BB:CC:00:11:22", "aa:bb:cc:00:11:22", "aa-bb-cc-00-11-22", "aabbcc001122"]),
    (kinds.ADDRESS, ["fe80::1", "FE80:0:0::1"]),
    (kinds.INTERFACE_ADDRESS, ["10.0.0.1", "10.0.0.1/32"]),
    (kinds.PREFIX, ["10.1.0.0/16", "10.1.2.3/16"]),
    (kinds.PREFIX, ["10.0.0.1", "10.0.0.1/32"]),
    (kinds.PREFIX, ["fd00::1", "fd00::1/128"]),
    (kinds.NETWORKS, ["10.0.0.0/8,ether1", "ether1, 10.1.1.1/8"]),
    (kinds.WORDS, ["cookie,http-chap", "http-chap,cookie"]),
    (kinds.POLICY, ["read,write", "write,read,!ftp,!policy"]),
    (kinds.LIST, ["1.1.1.1,9.9.9.9", "1.1.1.1, 9.9.9.9"]),
    (kinds.SCRIPT, [":put 1\n:put 2", ":put 1\r\n:put 2"]),
]

OTHER = [
    (kinds.TEXT, "00123", "123"),
    (kinds.TEXT, "yes", "true"),
    (kinds.TEXT, "1h", "60m"),
    (kinds.DURATION, "1h", "1m"),
    (kinds.DURATION, "none", "0s"),
    (kinds.SIZE, "1M", "1000000"),
    (kinds.RATES, "1M/2M", "2M/1M"),
    (kinds.RATE_LIMIT, "1M/2M", "1M/2M 4M/4M"),
    (kinds.INTERFACE_ADDRESS, "10.0.0.1/24", "10.0.0.2/24"),
    (kinds.PREFIX, "10.0.0.0/8", "!10.0.0.0/8"),
    (kinds.PREFIX, "10.0.0.1-10.0.0.5", "10.0.0.1-10.0.0.6"),
    (kinds.WORDS, "established,related", "!established,related"),
    (kinds.LIST, "1.1.1.1,9.9.9.9", "9.9.9.9,1.1.1.1"),
]


@pytest.mark.parametrize(
    ("kind", "spellings"), SAME, ids=lambda value: getattr(value, "name", str(value))
)
def test_spellings_of_one_value_mean_the_same(kind, spellings):
    assert len({kind.meaning(text) for text in spellings}) == 1
    assert [kind.wire(text) for text in spellings] == spellings


@pytest.mark.parametrize(("kind", "one", "other"), OTHER)
def test_values_that_differ_stay_apart(kind, one, other):
    assert kind.meaning(one) != kind.meaning(other)


@pytest.mark.parametrize(
    ("kind", "value", "wire"),
    [
        (kinds.DURATION, timedelta(days=9, hours=3, seconds=5), "1w2d3h5s"),
        (kinds.DURATION, timedelta(milliseconds=1500), "1s500ms"),
        (kinds.DURATION, 90, "1m30s"),
        (kinds.DURATION, timedelta(0), "0s"),
        (kinds.FLAG, True, "yes"),
        (kinds.FLAG, False, "no"),
        (kinds.NUMBER, 0, "0"),
        (kinds.SIZE, 1 << 40, "1099511627776"),
        (kinds.RATES, 512_000, "512000/512000"),
        (kinds.TEXT, "00123", "00123"),
    ],
)
def test_values_of_python_are_written_as_routers_take_them(kind, value, wire):
    assert kind.wire(value) == wire


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (kinds.TEXT, 123),
        (kinds.TEXT, True),
        (kinds.FLAG, 1),
        (kinds.FLAG, "on"),
        (kinds.NUMBER, True),
        (kinds.NUMBER, "1.5"),
        (kinds.SIZE, "-1"),
        (kinds.RATE, "fast"),
        (kinds.RATES, "1M/2M/3M"),
        (kinds.RATE_LIMIT, ""),
        (kinds.DURATION, "soon"),
        (kinds.DURATION, "none"),
        (kinds.DURATION, timedelta(-1)),
        (kinds.MAC, "00:11"),
        (kinds.ADDRESS, "10.0.0.0/8"),
        (kinds.PREFIX, "10.0.0.0/33"),
    ],
)
def test_a_value_of_another_kind_is_a_mistake_of_ours(kind, value):
    with pytest.raises(ValueError):  # noqa: PT011 - each kind says it in words of its own
        kind.wire(value)


ALL = {id(f.kind): f.kind for menu in MENUS.values() for f in menu.fields.values()}.values()


@given(kind=st.sampled_from(list(ALL)), text=st.text())
def test_whatever_a_router_shows_has_a_meaning(kind, text):
    assert kind.meaning(text) == kind.meaning(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=10_000)))
def test_a_written_duration_reads_as_itself(value):
    seconds, rest = divmod(value, timedelta(seconds=1))
    clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    fraction = f".{rest.microseconds:06}" if rest else ""

    assert kinds.DURATION.meaning(kinds.DURATION.wire(value)) == kinds.DURATION.meaning(
        clock + fraction
    )


def test_an_unset_field_and_its_default_are_one():
    users, profiles = MENUS["/ip/hotspot/user"].fields, MENUS["/ip/hotspot/user/profile"].fields

    assert users["limit-uptime"].same(None, "00:00:00")
    assert users["server"].same(None, "all")
    assert users["email"].same("", None)
    assert profiles["idle-timeout"].same("", "none")
    assert not profiles["keepalive-timeout"].same(None, "none")


@pytest.mark.parametrize("menu", MENUS.values(), ids=lambda menu: menu.path)
def test_a_menu_comes_after_those_that_it_refers_to(menu):
    order = list(MENUS)

    assert all(order.index(path) < order.index(menu.path) for path in menu.after)


@pytest.mark.parametrize("menu", MENUS.values(), ids=lambda menu: menu.path)
def test_defaults_and_unique_fields_are_values_of_their_menu(menu):
    for field in menu.fields.values():
        assert not field.default or field.kind.wire(field.default) == field.default
    assert {*menu.unique} <= menu.fields.keys()
