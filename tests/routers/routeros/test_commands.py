import pytest

from routers.routeros import Command, Endpoint, Transport


@pytest.mark.parametrize(
    ("menu", "verb", "path"),
    [
        ("/ip/hotspot/user", "print", "/ip/hotspot/user/print"),
        ("/", "ping", "/ping"),
        ("/interface/6to4", "add", "/interface/6to4/add"),
    ],
)
def test_a_command_knows_its_path(menu, verb, path):
    assert Command(menu, verb).path == path


@pytest.mark.parametrize(
    ("menu", "verb"),
    [
        ("", "print"),
        ("ip/address", "print"),
        ("/ip/address/", "print"),
        ("/ip//address", "print"),
        ("/ip/../user", "print"),
        ("/ip/address\n", "print"),
        ("/ip address", "print"),
        ("/ip%2faddress", "print"),
        ("/ip/address", ""),
        ("/ip/address", "print\0"),
        ("/ip/address", "a/b"),
        ("/ip/address", "print?x"),
    ],
)
def test_what_is_no_menu_or_verb_is_refused(menu, verb):
    with pytest.raises(ValueError, match="no RouterOS command"):
        Command(menu, verb)


@pytest.mark.parametrize("name", ["", ".tag", ".query", ".proplist", "a=b", "a b", "a\0b", "=a"])
def test_no_attribute_name_can_become_another_word(name):
    with pytest.raises(ValueError, match="no RouterOS attribute"):
        Command("/ip/address", "add", {name: "x"})


@pytest.mark.parametrize("name", ["a,b", ".tag", "a=b", ""])
def test_no_field_to_list_can_become_another_word(name):
    with pytest.raises(ValueError, match="no RouterOS attribute"):
        Command("/ip/address", "print", proplist=(name,))


@pytest.mark.parametrize("name", [".id", "!comment", "HTTPS", "limit-bytes-in", "nas-port_type"])
def test_the_names_that_routers_use_are_taken(name):
    assert Command("/ip/address", "set", {name: "x"}).attributes == {name: "x"}


@pytest.mark.parametrize("value", ["x" * (1 << 21), "\ud800"])
def test_a_value_that_no_word_can_carry_is_refused(value):
    with pytest.raises(ValueError, match="word"):
        Command("/ip/address", "add", {"comment": value})


def test_a_value_that_is_no_string_is_refused():
    with pytest.raises(TypeError, match="not int"):
        Command("/ip/hotspot/user", "add", {"name": 123})


def test_an_empty_query_is_refused():
    with pytest.raises(ValueError, match="never empty"):
        Command("/ip/address", "print", queries=("",))


def test_a_command_does_not_change_with_the_mapping_it_was_made_from():
    attributes = {"name": "a"}
    command = Command("/ip/hotspot/user", "add", attributes)

    attributes["name"] = "b"

    assert command.attributes == {"name": "a"}


def test_values_do_not_show_in_what_is_logged():
    command = Command("/ip/hotspot/user", "add", {"password": "s3cret"})

    assert repr(command) == "<Command /ip/hotspot/user/add password>"


@pytest.mark.parametrize("verb", ["print", "getall", "get", "find"])
def test_reading_may_be_done_twice(verb):
    assert Command("/ip/address", verb).reads


@pytest.mark.parametrize("verb", ["add", "set", "remove", "reboot", "monitor-traffic"])
def test_anything_else_may_not(verb):
    assert not Command("/ip/address", verb).reads


def test_fingerprints_are_one_however_they_are_written():
    plain = Endpoint("r1", 8729, "u", "p", Transport.API_SSL, "ab" * 32)
    colons = Endpoint("r1", 8729, "u", "p", Transport.API_SSL, ":".join(["AB"] * 32))

    assert plain == colons


def test_the_password_does_not_show_in_what_is_logged():
    assert "s3cret" not in repr(Endpoint("r1", 8728, "u", "s3cret"))


@pytest.mark.parametrize(
    "changes",
    [
        {"host": ""},
        {"host": "r1\r\nX: y"},
        {"host": "röuter"},
        {"password": "\ud800"},
        {"port": 0},
        {"port": 65536},
        {"tls_fingerprint": "abc"},
        {"transport": "telnet"},
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(changes):
    with pytest.raises(ValueError, match=r"host|port|password|fingerprint|Transport"):
        Endpoint(**{"host": "r1", "port": 8728, "username": "u", "password": "p", **changes})
