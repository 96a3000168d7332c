import itertools

import pytest

from routers.command_policy import Risk, risk_of
from routers.commands import parse_command
from routers.errors import CommandNotAllowed
from routers.masking import MASK, masked


def risk(text, **body):
    return risk_of(parse_command(text, **body))


@pytest.mark.parametrize(
    "text",
    [
        "/ip/address/print", "ip/hotspot/user", "/user/print", "/file/print", "/log/print",
        "/system/script/print", "/ip/address/find", "/ip address get *1 address",
        "/interface monitor-traffic ether1 once", "/system/scheduler/print",
        "/interface print where name=ether1", "/ip/address/print =count-only=",
    ],
)  # fmt: skip
def test_what_only_reads_is_for_everyone(text):
    assert risk(text) is Risk.READS


@pytest.mark.parametrize(
    "text",
    [
        "/ip address add address=10.0.0.1/24", "/ip hotspot user remove bob", "/ping 10.0.0.1 count=1",
        "/system identity set name=x", "/ip/hotspot/user/reset-counters", "/unknown/menu/set",
        "/user-manager/user/add", "/ip/dns/cache/flush",
    ],
)  # fmt: skip
def test_what_changes_something_is_for_operators(text):
    assert risk(text) is Risk.CHANGES


MENUS = [
    "/user", "/user/group", "/user/ssh-keys", "/file", "/system/script", "/system/scheduler",
    "/system/backup", "/system/package", "/system/routerboard", "/system/license", "/ip/service",
    "/certificate", "/container", "/disk", "/tool/netwatch",
]  # fmt: skip
VERBS = ["set", "add", "remove", "enable", "disable", "run"]
SPELLINGS = ["{0}/{1}", "{0} {1}", "{0}/{1} =comment=x", "{2}/{3}", "{4} {1}"]


@pytest.mark.parametrize("menu", MENUS)
def test_in_these_menus_every_change_is_dangerous(menu):
    for verb, spelling in itertools.product(VERBS, SPELLINGS):
        words = (menu, verb, menu.title(), verb.upper(), menu.replace("/", " ").strip())
        text = spelling.format(*words)

        assert risk(text) is Risk.DANGEROUS, text


@pytest.mark.parametrize(
    "text",
    [
        "/system/reboot", "/system reboot", "system  reboot", "/System/Reboot", "/system/shutdown",
        "/system/reset-configuration", "/system reset-configuration no-defaults=yes", "/import",
        "/export", "/ip/address/export", "/execute", "/tool/fetch", "/password",
        "/system/routerboard/upgrade", "/ip/hotspot/profile/set =on-login=x",
        "/ip hotspot user profile set *1 on-login=x", "/ip/dhcp-server/add =lease-script=x",
        "/ppp profile set *1 on-up=x", "/ppp profile set *1 !on-up=x", "/ip/dhcp-client/set =script=x",
        "/ip/address/print =file=x", "/ip/address/print file=x", "/ip/address/print =append=",
        "/interface monitor-traffic ether1 once do=x", "/system/package/update/install",
    ],
)  # fmt: skip
def test_what_can_cut_off_wipe_or_take_over_is_dangerous(text):
    assert risk(text) is Risk.DANGEROUS


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_dangerous_command_is_dangerous_by_every_method(method):
    assert risk("/system/reboot", method=method) is Risk.DANGEROUS


@pytest.mark.parametrize(
    "text",
    [
        "/ip/address/listen", "/interface/monitor-traffic", "/interface monitor-traffic ether1",
        "/interface/ethernet/monitor =numbers=ether1", "/interface/monitor =once=no", "/tool/torch",
        "/tool torch ether1", "/tool/profile", "/quit", "/cancel", "/login", "/login =name=admin",
        "/log/print =follow=", "/log print follow-only", "/interface print interval=1",
        "/ping 10.0.0.1", "/ping 10.0.0.1 count=1000", "/ping 10.0.0.1 count=0", "/ping",
        "/ping 10.0.0.1 count=-1", "/ping 10.0.0.1 count=\u0663", "/tool/traceroute",
        "/tool traceroute 10.0.0.1 count=2", "/system/telnet", "/system/ssh", "/ip/address/edit",
        "/tool/bandwidth-test", "/tool/sniffer/quick", "/interface/wireless/scan", "/tool/ip-scan",
    ],
)  # fmt: skip
def test_what_has_no_end_is_not_run(text):
    with pytest.raises(CommandNotAllowed):
        risk(text)


@pytest.mark.parametrize("once", [False, "no", "false", 0])
def test_a_monitor_that_is_told_not_to_stop_is_not_run(once):
    with pytest.raises(CommandNotAllowed):
        risk("/interface/monitor-traffic", data={"interface": "ether1", "once": once})


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("/ppp/secret/print ?password=abc", {}),
        ("/ppp/secret/print ?=password=abc", {}),
        ("/ppp/secret/print ?>password=abc", {}),
        ("/ppp/secret/print ?-password", {}),
        ("/ppp/secret print where password=abc", {}),
        ("ppp/secret", {"params": {"password": "abc"}}),
        ("ppp/secret", {"params": {".query": ["<password=abc"]}}),
        ("/ppp/secret/print", {"data": {".query": "password=abc"}}),
        ("/ppp/secret/find password=abc", {}),
        ("/ppp/secret/get *1 password", {}),
        ("/ppp/secret/get *1 Password", {}),
        ("/ppp/secret/get *1", {}),
        ("/ppp/secret/get", {"data": {".id": "*1", "value-name": "password"}}),
    ],
)
def test_a_secret_cannot_be_found_out_by_asking(text, body):
    with pytest.raises(CommandNotAllowed):
        risk(text, **body)


@pytest.mark.parametrize(
    "name",
    [
        "password", "secret", "ipsec-secret", "private-key", "preshared-key", "pre-shared-key",
        "wpa2-pre-shared-key", "static-key-0", "authentication-password", "passphrase",
        "security.passphrase", "passcode", "pin", "key", "shared-secret", "auth-key",
        "client-secret", "token", "!password", "Password",
    ],
)  # fmt: skip
def test_what_opens_something_is_masked(name):
    assert masked({name: "opens"}) == {name: MASK}


@pytest.mark.parametrize(
    "name", ["public-key", "name", "comment", "minimum-password-length", "keepalive", "mac-address"]
)
def test_what_opens_nothing_is_shown(name):
    assert masked({name: "seen"}) == {name: "seen"}


def test_an_empty_secret_shows_that_it_is_empty():
    assert masked({"password": ""}) == {"password": ""}
