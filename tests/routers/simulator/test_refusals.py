"""The words of a router that says no."""

import pytest

USERS = "/ip/hotspot/user"


def trap(message, category=None):
    words = ["!trap", f"=message={message}"]
    if category is not None:
        words.insert(1, f"=category={category}")
    return words


@pytest.mark.parametrize("path", ["/aasasa/print", "/ip/aasasa/print", "/aasasa/user/print"])
def test_an_unknown_menu_is_refused_twice(wire, path):
    assert wire.talk(path) == [
        trap("no such command or directory (aasasa)", 0),
        trap("no such command prefix"),
        ["!done"],
    ]


@pytest.mark.parametrize("path", [f"{USERS}/explode", "/ip/print", "/log/add", "nonsense"])
def test_an_unknown_verb_is_refused(wire, path):
    assert wire.talk(path) == [trap("no such command", 0), ["!done"]]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["=name=x", "=colour=red"], trap("unknown parameter colour", 0)),
        (["=name=x", "=uptime=1h"], trap("unknown parameter uptime", 0)),
        (["=name=x", "=profile=nope"], trap("input does not match any value of profile", 1)),
        (["=name=x", "=server=nope"], trap("input does not match any value of server", 1)),
        (
            ["=name=x", "=profile="],
            trap("ambiguous value of profile, more than one possible value matches input", 1),
        ),
        (["=name=x", "=mac-address=zz"], trap("invalid value of mac-address", 1)),
        (["=name=x", "=limit-uptime=soon"], trap("invalid value for argument limit-uptime", 1)),
        (["=name=x", "=address=300.1"], trap("invalid value for argument address", 1)),
        (["=name=x", "=disabled=maybe"], trap("input does not match any value of disabled", 1)),
        (["=password=x"], trap("missing value(s) of argument(s) name", 0)),
        (["=name=bob"], trap("failure: already have user with this name for this server")),
    ],
)
def test_what_cannot_be_added_is_refused_by_name(wire, device, words, refusal):
    wire.talk(f"{USERS}/add", "=name=bob")

    assert wire.talk(f"{USERS}/add", *words) == [refusal, ["!done"]]

    assert len(device.rows(USERS)) == 2


def test_the_same_user_may_exist_once_for_each_server(wire):
    wire.talk(f"{USERS}/add", "=name=bob")

    assert wire.talk(f"{USERS}/add", "=name=bob", "=server=hotspot1")[0][0] == "!done"


def test_a_set_that_would_make_a_duplicate_changes_nothing(wire, device):
    wire.talk(f"{USERS}/add", "=name=ana")
    wire.talk(f"{USERS}/add", "=name=bob")

    (refusal, _) = wire.talk(f"{USERS}/set", "=.id=bob", "=name=ana", "=comment=x")

    assert refusal == trap("failure: already have user with this name for this server")
    assert "comment" not in device.rows(USERS)[2]


@pytest.mark.parametrize("verb", ["set", "remove", "get", "disable"])
def test_an_unknown_item_has_two_spellings(wire, verb):
    assert wire.talk(f"{USERS}/{verb}", "=.id=*99")[0] == trap("no such item (4)")
    assert wire.talk(f"{USERS}/{verb}", "=.id=nobody")[0] == trap("no such item", 0)


def test_a_number_out_of_range_names_the_range(wire):
    (refusal, _) = wire.talk("/interface/vlan/add", "=interface=ether1", "=vlan-id=5000")

    assert refusal == trap("value out of range (1..4094)", 1)


@pytest.mark.parametrize(
    ("path", "words", "message"),
    [
        ("/ip/address", ["=address=192.168.88.1/24", "=interface=bridge"],
         "failure: already have such address"),
        ("/interface/wireguard", ["=name=ether1"], "already have interface with name ether1"),
        ("/user", ["=name=admin", "=group=read"],
         "failure: user with the same name already exists"),
    ],
)  # fmt: skip
def test_duplicates_elsewhere_have_their_own_words(wire, path, words, message):
    assert wire.talk(f"{path}/add", *words)[0] == trap(message)


def test_a_repeated_address_list_entry_is_refused(wire):
    words = ("/ip/firewall/address-list/add", "=list=a", "=address=10.0.0.1")
    wire.talk(*words)

    assert wire.talk(*words)[0] == trap("failure: already have such entry")


@pytest.mark.parametrize(
    ("path", "name"),
    [(USERS, "default-trial"), (f"{USERS}/profile", "default"), ("/ip/hotspot/profile", "default")],
)
def test_what_came_with_the_router_stays(wire, device, path, name):
    assert wire.talk(f"{path}/remove", f"=.id={name}")[0][0] == "!trap"

    assert name in [row["name"] for row in device.rows(path)]


@pytest.mark.parametrize("word", ["=where=x", "=colour=red"])
def test_print_refuses_arguments_that_it_does_not_have(wire, word):
    assert wire.talk(f"{USERS}/print", word)[0][0] == "!trap"


def test_a_singleton_has_no_detail(wire):
    refusal, _ = wire.talk("/system/identity/print", "=detail=")

    assert refusal == trap("unknown parameter detail", 0)
