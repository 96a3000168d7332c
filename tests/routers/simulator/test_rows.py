"""What add, set, remove and print do with rows."""

import pytest

USERS = "/ip/hotspot/user"


def attributes(reply):
    return dict(word[1:].split("=", 1) for word in reply if word.startswith("="))


def ret(replies):
    return attributes(replies[-1])["ret"]


def shown(wire, path, *words):
    return [attributes(reply) for reply in wire.talk(f"{path}/print", *words)[:-1]]


def test_add_gives_the_id_and_fills_the_defaults(wire):
    assert wire.talk(f"{USERS}/add", "=name=bob", "=limit-uptime=90m") == [["!done", "=ret=*1"]]

    (row,) = shown(wire, USERS, "?name=bob")
    assert row == {
        ".id": "*1",
        "server": "all",
        "name": "bob",
        "profile": "default",
        "limit-uptime": "1h30m",
        "uptime": "0s",
        "bytes-in": "0",
        "bytes-out": "0",
        "packets-in": "0",
        "packets-out": "0",
        "default": "false",
        "dynamic": "false",
        "disabled": "false",
    }


def test_an_id_is_upper_hex_and_is_never_given_again(wire):
    for number in range(9):
        wire.talk(f"{USERS}/add", f"=name=user{number}")
    assert ret(wire.talk(f"{USERS}/add", "=name=ten")) == "*A"

    wire.talk(f"{USERS}/remove", "=.id=*A")

    assert ret(wire.talk(f"{USERS}/add", "=name=ten")) == "*B"


@pytest.mark.parametrize("reference", ["=.id=*1", "=numbers=*1", "=.id=bob", "=numbers=bob"])
def test_set_and_remove_take_ids_and_names(wire, reference):
    wire.talk(f"{USERS}/add", "=name=bob")

    assert wire.talk(f"{USERS}/set", reference, "=comment=hello") == [["!done"]]
    assert shown(wire, USERS, "?name=bob")[0]["comment"] == "hello"
    assert wire.talk(f"{USERS}/remove", reference) == [["!done"]]
    assert shown(wire, USERS, "?name=bob") == []


def test_a_comma_list_names_several_rows(wire, device):
    for name in ("ana", "bob", "eve"):
        wire.talk(f"{USERS}/add", f"=name={name}")

    wire.talk(f"{USERS}/remove", "=.id=*1,eve")

    assert [row["name"] for row in device.rows(USERS)] == ["default-trial", "bob"]


def test_a_removal_with_an_unknown_id_removes_nothing(wire, device):
    wire.talk(f"{USERS}/add", "=name=bob")

    assert wire.talk(f"{USERS}/remove", "=.id=*1,*99")[0] == ["!trap", "=message=no such item (4)"]

    assert len(device.rows(USERS)) == 2


def test_booleans_come_in_as_yes_and_go_out_as_true(wire):
    wire.talk(f"{USERS}/add", "=name=bob", "=disabled=yes")
    assert shown(wire, USERS, "?disabled=yes")[0]["disabled"] == "true"

    wire.talk(f"{USERS}/enable", "=.id=bob")

    assert shown(wire, USERS, "?name=bob")[0]["disabled"] == "false"


def test_some_options_stay_yes_and_no(wire):
    profiles = "/ip/hotspot/user/profile"

    wire.talk(f"{profiles}/add", "=name=gold", "=transparent-proxy=true")

    assert shown(wire, profiles, "?name=gold")[0]["transparent-proxy"] == "yes"


@pytest.mark.parametrize(
    "words", [("set", "=comment="), ("set", "=!comment="), ("comment", "=comment=")]
)
def test_an_emptied_field_is_absent(wire, words):
    wire.talk(f"{USERS}/add", "=name=bob", "=comment=hello")

    verb, word = words
    wire.talk(f"{USERS}/{verb}", "=.id=bob", word)

    assert "comment" not in shown(wire, USERS, "?name=bob")[0]


def test_unset_clears_a_value_by_name(wire):
    profiles = "/ip/hotspot/user/profile"
    wire.talk(f"{profiles}/add", "=name=gold", "=rate-limit=1M/2M")

    wire.talk(f"{profiles}/unset", "=.id=gold", "=value-name=rate-limit")

    assert "rate-limit" not in shown(wire, profiles, "?name=gold")[0]


def test_a_value_may_hold_anything(wire, device):
    text = 'a=b\r\n"ż" \x00 ?.tag=1'

    wire.talk(f"{USERS}/add", "=name=bob", f"=comment={text}")

    assert device.rows(USERS)[1]["comment"] == text


@pytest.mark.parametrize("words", [("=count-only=",), ("=count-only",)])
def test_count_only_has_two_spellings(wire, words):
    assert wire.talk("/interface/print", "?type=ether", *words) == [["!done", "=ret=5"]]


def test_a_proplist_gives_what_there_is_and_ignores_the_rest(wire):
    rows = shown(wire, "/interface", "?name=ether1", "=.proplist=name,comment,nonsense")

    assert rows == [{"name": "ether1"}]


def test_a_row_without_the_asked_fields_is_a_bare_re(wire):
    assert wire.talk("/interface/print", "?name=ether1", "=.proplist=comment")[0] == ["!re"]


def test_getall_is_print(wire):
    assert wire.talk("/ip/address/getall") == wire.talk("/ip/address/print")


def test_get_gives_one_value(wire):
    words = ("=.id=ether1", "=value-name=type")

    assert wire.talk("/interface/get", *words) == [["!done", "=ret=ether"]]


def test_find_gives_ids(wire):
    assert wire.talk("/interface/find", "?type=bridge") == [["!done", "=ret=*6"]]


def test_a_singleton_has_no_id(wire):
    wire.talk("/system/identity/set", "=name=north")

    assert wire.talk("/system/identity/print") == [["!re", "=name=north"], ["!done"]]


def test_rows_keep_their_order_and_can_be_moved(wire):
    bindings = "/ip/hotspot/ip-binding"
    for name in "abc":
        wire.talk(f"{bindings}/add", f"=comment={name}")
    wire.talk(f"{bindings}/move", "=numbers=*3", "=destination=*1")
    wire.talk(f"{bindings}/add", "=comment=d", "=place-before=*2")

    assert [row["comment"] for row in shown(wire, bindings)] == ["c", "a", "d", "b"]


def test_a_renamed_profile_keeps_its_users(wire):
    wire.talk("/ip/hotspot/user/profile/add", "=name=gold")
    wire.talk(f"{USERS}/add", "=name=bob", "=profile=gold")

    wire.talk("/ip/hotspot/user/profile/set", "=.id=gold", "=name=platinum")

    assert shown(wire, USERS, "?name=bob")[0]["profile"] == "platinum"


def test_a_copy_takes_over_what_it_is_not_told(wire):
    wire.talk("/ip/hotspot/user/profile/add", "=name=gold", "=rate-limit=1M/1M")

    wire.talk("/ip/hotspot/user/profile/add", "=copy-from=gold", "=name=silver")

    (row,) = shown(wire, "/ip/hotspot/user/profile", "?name=silver")
    assert row["rate-limit"] == "1M/1M"


def test_queue_rates_are_shown_in_bits(wire):
    wire.talk("/queue/simple/add", "=name=q", "=target=10.0.0.5", "=max-limit=512k/1M")

    (row,) = shown(wire, "/queue/simple", "=.proplist=target,max-limit")
    assert row == {"target": "10.0.0.5/32", "max-limit": "512000/1000000"}


def test_an_address_brings_its_network(wire):
    wire.talk("/ip/address/add", "=address=172.30.30.1/24", "=interface=ether2")

    (row,) = shown(wire, "/ip/address", "?interface=ether2")
    assert (row["network"], row["actual-interface"]) == ("172.30.30.0", "ether2")


def test_a_name_that_two_rows_have_stands_for_the_first(wire, device):
    wire.talk(f"{USERS}/add", "=name=bob", "=server=hotspot1")
    wire.talk(f"{USERS}/add", "=name=bob")

    wire.talk(f"{USERS}/set", "=.id=bob", "=comment=first")
    wire.talk(f"{USERS}/remove", "=.id=bob")
    wire.talk(f"{USERS}/set", "=.id=bob", "=name=ben")

    assert [row["name"] for row in device.rows(USERS)[1:]] == ["ben"]
    assert wire.talk(f"{USERS}/remove", "=.id=bob")[0][0] == "!trap"
