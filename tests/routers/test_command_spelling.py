"""What people write, and the one command that it means. No router is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routers.commands import METHODS, parse_command
from routers.errors import CommandInvalid
from routers.routeros import Command


def spelt(path, *pairs, **options):
    """Return the command that is written `/menu/verb` here, with its words."""
    menu, _, verb = path.rpartition("/")
    return Command(menu or "/", verb, dict(pairs), **options)


ADDRESS = ("address", "10.5.50.1/24"), ("interface", "ether2")


@pytest.mark.parametrize(
    ("command", "body", "meant"),
    [
        # A menu is printed.
        ("/system/resource/print", {}, spelt("/system/resource/print")),
        ("system/resource", {}, spelt("/system/resource/print")),
        ("/system/resource/", {}, spelt("/system/resource/print")),
        ("/system resource print", {}, spelt("/system/resource/print")),
        ("system resource", {}, spelt("/system/resource/print")),
        ("  /System/Resource/Print ", {}, spelt("/system/resource/print")),
        ("system/resource/print", {"method": "POST"}, spelt("/system/resource/print")),
        # A row is added.
        ("/ip/address/add", {"data": dict(ADDRESS)}, spelt("/ip/address/add", *ADDRESS)),
        ("ip/address", {"method": "PUT", "data": dict(ADDRESS)}, spelt("/ip/address/add", *ADDRESS)),
        ("ip/address/add", {"method": "POST", "data": dict(ADDRESS)},
         spelt("/ip/address/add", *ADDRESS)),
        ("/ip address add address=10.5.50.1/24 interface=ether2", {},
         spelt("/ip/address/add", *ADDRESS)),
        ("/ip/address/add =address=10.5.50.1/24 =interface=ether2", {},
         spelt("/ip/address/add", *ADDRESS)),
        ("/ip address add address=10.5.50.1/24", {"data": {"interface": "ether2"}},
         spelt("/ip/address/add", *ADDRESS)),
        # A row is changed, or removed.
        ("ip/address/*1A", {"method": "PATCH", "data": {"comment": "x"}},
         spelt("/ip/address/set", ("comment", "x"), (".id", "*1A"))),
        ("/ip address set *1a comment=x", {},
         spelt("/ip/address/set", (".id", "*1a"), ("comment", "x"))),
        ("ip/address/*1a", {"method": "DELETE"}, spelt("/ip/address/remove", (".id", "*1A"))),
        ("ip/address", {"method": "DELETE", "data": {".id": "*1"}},
         spelt("/ip/address/remove", (".id", "*1"))),
        ("/ip hotspot user remove bob", {}, spelt("/ip/hotspot/user/remove", (".id", "bob"))),
        ("/ip address get *1 address", {},
         spelt("/ip/address/get", (".id", "*1"), ("value-name", "address"))),
        # Rows are chosen.
        ("ip/address/*1", {}, spelt("/ip/address/print", queries=(".id=*1",))),
        ("/interface/print ?type=ether ?disabled=false", {},
         spelt("/interface/print", queries=("type=ether", "disabled=false"))),
        ("interface", {"params": {"type": "ether"}},
         spelt("/interface/print", queries=("type=ether",))),
        ("interface", {"params": {"?type": "ether"}},
         spelt("/interface/print", queries=("type=ether",))),
        ("/interface print where type=ether", {},
         spelt("/interface/print", queries=("type=ether",))),
        ("interface/print", {"params": {".query": ["type=ether", "type=vlan", "#|"]}},
         spelt("/interface/print", queries=("type=ether", "type=vlan", "#|"))),
        ("interface", {"params": {".proplist": "name,type"}},
         spelt("/interface/print", proplist=("name", "type"))),
        ("/interface/print =.proplist=name,type", {},
         spelt("/interface/print", proplist=("name", "type"))),
        ("/interface print detail without-paging terse", {},
         spelt("/interface/print", ("detail", ""))),
        ("/interface/print", {"data": {"count-only": ""}},
         spelt("/interface/print", ("count-only", ""))),
        # Bare words of the console.
        ("/ping 10.0.0.1 count=3", {}, spelt("/ping", ("address", "10.0.0.1"), ("count", "3"))),
        ("/tool ping 10.0.0.1 count=3", {},
         spelt("/tool/ping", ("address", "10.0.0.1"), ("count", "3"))),
        ("/interface monitor-traffic ether1 once", {},
         spelt("/interface/monitor-traffic", ("interface", "ether1"), ("once", ""))),
        ("/interface ethernet monitor ether1 once", {},
         spelt("/interface/ethernet/monitor", ("numbers", "ether1"), ("once", ""))),
        (
            "/ip firewall filter move *3 *1",
            {},
            spelt("/ip/firewall/filter/move", ("numbers", "*3"), ("destination", "*1")),
        ),
        # Quotation marks.
        ('/system identity set name="Café \\"Uhuru\\""', {},
         spelt("/system/identity/set", ("name", 'Café "Uhuru"'))),
        ('/system identity set name="a=b; [c] $d"', {},
         spelt("/system/identity/set", ("name", "a=b; [c] $d"))),
        ('/system script add name=a source="one\\ntwo"', {},
         spelt("/system/script/add", ("name", "a"), ("source", "one\ntwo"))),
        ('/ip address set *1 comment=""', {},
         spelt("/ip/address/set", (".id", "*1"), ("comment", ""))),
        # Menus that have the name of a command.
        ("/ip/hotspot/user/profile/print", {}, spelt("/ip/hotspot/user/profile/print")),
        ("/ip hotspot profile print", {}, spelt("/ip/hotspot/profile/print")),
        ("ppp/profile", {}, spelt("/ppp/profile/print")),
        ("/ip/ssh/print", {}, spelt("/ip/ssh/print")),
        ("/tool/profile", {}, spelt("/tool/profile")),
        ("/ip/dns/cache/flush", {}, spelt("/ip/dns/cache/flush")),
        # Any word can be a command, if POST says so.
        ("some/menu/act", {"method": "POST"}, spelt("/some/menu/act")),
        # JSON values, as RouterOS writes them.
        ("ip/address", {"method": "PUT", "data": {"disabled": True, "vlan": 7, "comment": None}},
         spelt("/ip/address/add", ("disabled", "yes"), ("vlan", "7"), ("comment", ""))),
    ],
)  # fmt: skip
def test_each_spelling_means_one_command(command, body, meant):
    assert parse_command(command, **body) == meant


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("", {}), ("   ", {}), ("/", {}), ("//", {}), ("?", {}), ("=", {}), ("..", {}),
        ("../secret", {}), ("..%2fsecret", {}), ("%2e%2e/secret", {}), ("a/../../secret", {}),
        ("//evil", {}), ("/ip//address", {}), ("http://evil", {}), ("\\evil", {}), ("ip\\address", {}),
        ("ip/address?disabled=true", {}), ("ip/address#x", {}), ("ip/address;/system/reboot", {}),
        ("/ip address print; /system reboot", {}), ("[/system reboot]", {}), ("$(reboot)", {}),
        ("/ip address remove [find]", {}), (":put 1", {}), ("{ /system reboot }", {}),
        ("ip\u2215address", {}), ("ip\uff0faddress", {}), ("\u0456p/address", {}),
        ("ip/address\0", {}), ("ip/address\r\n/system/reboot", {}), ("ip/address\nprint", {}),
        ("\u202eprint/", {}), ("\ud800", {}), ("ip/address\u2028print", {}),
        ("/ip/address/print =.tag=7", {}), ("/ip/address/print .tag=7", {}),
        ("/ip/address/print", {"data": {".tag": "7"}}),
        ("/ip/address/print", {"data": {"a=b": "7"}}),
        ("/ip/address/print", {"data": {"": "7"}}),
        ("/ip/address/print", {"data": {"a b": "7"}}),
        ("/ip/address/print", {"data": {"a\nb": "7"}}),
        ("/ip/address/print", {"data": {"comment": ["list"]}}),
        ("/ip/address/print", {"data": {"comment": {"a": 1}}}),
        ("/ip/address/print", {"data": {"comment": "a\0b"}}),
        ("/ip/address/print", {"data": {"comment": "\ud800"}}),
        ("/ip/address/print", {"params": {"comment": "a\0b"}}),
        ("/ip/address/print", {"params": {".query": 7}}),
        ("/ip/address/print", {"params": {".query": [["a"]]}}),
        ("/ip/address/print", {"params": {".proplist": ["a b"]}}),
        ("/ip/address/print/print", {}), ("/ip/address/*1/print", {}),
        ("/ip address remove 0", {}), ("/ip address monitor 0 once", {}),
        ("/interface print where type!=ether", {}), ("/interface print where running", {}),
        ("/interface print where mtu>=1500", {}), ("/interface print where name~eth", {}),
        ('/system identity set name="open', {}), ('/system identity set name="\\41"', {}),
        ("ip/address/*1", {"method": "POST"}), ("*1", {"method": "POST"}),
        ("/ip/address/print " + "x" * 4000, {}),
    ],
)  # fmt: skip
def test_what_is_no_single_command_is_refused(command, body):
    with pytest.raises(CommandInvalid):
        parse_command(command, **body)


_TEXT = st.text(alphabet=st.characters(), max_size=60) | st.text(
    alphabet='/ .=?*-"\\[];ipaddressprintsetfind10\n\0', max_size=60
)
_VALUES = st.none() | st.booleans() | st.integers() | _TEXT | st.lists(_TEXT, max_size=3)
_BODIES = st.dictionaries(_TEXT | st.sampled_from([".id", ".query", ".tag"]), _VALUES, max_size=4)


@given(_TEXT, st.sampled_from(METHODS), _BODIES, _BODIES)
def test_whatever_is_sent_becomes_one_command_or_a_refusal(text, method, params, data):
    try:
        command = parse_command(text, method=method, params=params, data=data)
    except CommandInvalid:
        return

    words = [command.path, *command.attributes, *command.attributes.values(), *command.queries]
    assert ".tag" not in command.attributes
    assert not any("\0" in word for word in words)
    assert "\n" not in command.path
