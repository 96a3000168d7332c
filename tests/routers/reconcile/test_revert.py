from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routers.reconcile import revert
from routers.reconcile.plan import make_plan
from routers.reconcile.rows import Desired

ADDRESSES = "/ip/address"
FILTER = "/ip/firewall/filter"
PEERS = "/interface/wireguard/peers"
SHARED_KEY = (PEERS, "cp:node:1", "preshared-key")


def inverse(desired, rows, **known):
    """Return the lines that take back what would make `rows` as desired, the switch's own aside."""
    plan = make_plan(desired, rows, **known)
    return revert.script(plan.changes, "t0").split("\n")[:-1]


def test_an_added_row_is_removed_by_its_mark():
    row = Desired(ADDRESSES, "cp:node:1", {"address": "10.0.0.1/24", "interface": "ether1"})

    assert inverse([row], {ADDRESSES: []}) == [
        ':do { /ip address remove [find comment="cp:node:1"] } on-error={}'
    ]


def test_a_changed_field_gets_its_old_value_and_one_that_was_unset_is_unset():
    row = Desired(ADDRESSES, "cp:node:1", {"address": "10.0.0.2/24", "network": "10.0.0.0"})
    was = {".id": "*1", "comment": "cp:node:1", "address": "10.0.0.1/24"}

    assert inverse([row], {ADDRESSES: [was]}) == [
        ':do { /ip address set [find comment="cp:node:1"] address="10.0.0.1/24" !network }'
        " on-error={}"
    ]


def test_a_removed_row_is_added_as_it_was():
    was = {".id": "*1", "comment": "cp:node:1", "address": "10.0.0.1/24", "interface": "ether1"}

    assert inverse([], {ADDRESSES: [was]}) == [
        ':do { /ip address add comment="cp:node:1" address="10.0.0.1/24" interface="ether1" }'
        " on-error={}"
    ]


def test_a_removed_rule_goes_back_to_the_place_where_it_stood():
    rules = [
        {".id": "*1", "comment": "cp:rule:1", "chain": "input", "action": "accept"},
        {".id": "*2", "comment": "cp:rule:2", "chain": "input", "action": "drop"},
        {".id": "*3", "chain": "input", "action": "log"},
    ]

    lines = inverse([], {FILTER: rules})

    assert [line for line in lines if " move " in line] == [
        ':do { /ip firewall filter move [find comment="cp:rule:2"] destination=*3 } on-error={}',
        ':do { /ip firewall filter move [find comment="cp:rule:1"]'
        ' destination=[find comment="cp:rule:2"] } on-error={}',
    ]


@pytest.mark.parametrize(
    ("written", "taken_back"),
    [({}, '!preshared-key endpoint-port="2"'), ({SHARED_KEY: "old"}, 'endpoint-port="2"')],
)
def test_a_secret_that_the_router_keeps_to_itself_is_unset_only_if_it_was(written, taken_back):
    peer = Desired(PEERS, "cp:node:1", {"preshared-key": "new", "endpoint-port": 1})
    was = {".id": "*1", "comment": "cp:node:1", "endpoint-port": "2"}

    assert inverse([peer], {PEERS: [was]}, written=written) == [
        f':do {{ /interface wireguard peers set [find comment="cp:node:1"] {taken_back} }}'
        " on-error={}"
    ]


def test_the_last_line_removes_the_switch_itself():
    assert revert.script((), "t0") == (
        ':do { /system scheduler remove [find name="cp:revert:t0"] } on-error={}'
    )


def test_the_switch_waits_and_asks_for_no_policy_beyond_what_it_takes_back():
    user = Desired("/user", "cp:user:1", {"name": "ops", "group": "read"})
    changes = make_plan([user], {"/user": []}).changes

    command = revert.arm(changes, token="t0", after=timedelta(seconds=90))

    assert command.attributes["name"] == "cp:revert:t0"
    assert command.attributes["interval"] == "1m30s"
    assert command.attributes["policy"] == "read,write,policy"


def test_a_script_that_no_router_may_take_is_refused():
    rows = [Desired(FILTER, f"cp:rule:{n}", {"chain": "input"}) for n in range(1000)]
    changes = make_plan(rows, {FILTER: []}).changes

    with pytest.raises(revert.ScriptTooLong, match="1000 changes"):
        revert.script(changes, "t0")


def unquoted(text):
    """Read a string of the script language as a router does."""
    names = {"n": "\n", "r": "\r", "t": "\t"}
    found, rest = "", text[1:-1]
    while rest:
        character, rest = rest[0], rest[1:]
        assert character not in '"$?\n\r'
        if character == "\\" and rest[0] in "0123456789ABCDEF" and rest[1] in "0123456789ABCDEF":
            character, rest = chr(int(rest[:2], 16)), rest[2:]
        elif character == "\\":
            character, rest = names.get(rest[0], rest[0]), rest[1:]
        found += character
    return found


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_quoted_so_that_it_reads_the_same(text):
    assert unquoted(revert.quoted(text)) == text
