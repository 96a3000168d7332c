"""The scripts that run on routers, filled in: `scripts/` has them as RouterOS reads them."""

from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from networks.models import Network, Node
from routers.reconcile.revert import quoted

USERNAME: Final = "cloudpilot"
# What the product does on a router: to log in by the API, read, write, and ping.
_USER_POLICY: Final = "api,read,write,test"
# What the router's own script does: to fetch into files, and write whatever we want it to hold.
_POLL_POLICY: Final = "ftp,policy,read,sensitive,test,write"
# No router asks more often, whatever its network says: each time a password is checked.
_SHORTEST_INTERVAL: Final = 60
_FOLDER = Path(__file__).parent / "scripts"


def line(network: Network, key: str) -> str:
    """Return what is pasted into a router's terminal to have it join with this key."""
    return (
        f":global CloudPilotNetwork {quoted(network.netid)}; "
        f":global CloudPilotKey {quoted(key)}; "
        f"/tool fetch url={quoted(_url('/meshclient/files/meshclient.rsc'))} "
        f"check-certificate={_check()} dst-path=meshclient.rsc; /import file-name=meshclient.rsc"
    )


def meshclient() -> str:
    """Return the script that every router reads first; the same for all, and no secret."""
    return _filled("meshclient", JOIN_URL=quoted(_url("/meshclient/files/join.rsc")))


def join() -> str:
    """Return the part of it that only RouterOS 7 understands."""
    return _filled("join", NODES_URL=quoted(_url("/api/nodes/")))


def keyed(network: Network, key: str) -> str:
    """Return `meshclient` with what it is to be told in it."""
    told = {"CloudPilotNetwork": network.netid, "CloudPilotKey": key}
    lines = [f":global {name} {quoted(value)}\n" for name, value in told.items()]
    return "".join(lines) + meshclient()


def account(node: Node, password: str) -> str:
    """Return what makes an account with this password, good for who comes out of the tunnel."""
    return _filled(
        "account",
        USER=quoted(USERNAME),
        USER_PASSWORD=quoted(password),
        USER_POLICY=quoted(_USER_POLICY),
        RANGES=quoted(",".join(node.network.ranges)),
    )


def asking(node: Node) -> str:
    """Return what has the router ask at once, and from then on."""
    interval = max(node.check_in_interval or node.network.check_in_interval, _SHORTEST_INTERVAL)
    return _filled(
        "asking",
        POLL=poll_script(node),
        POLL_SCRIPT=quoted(_poll_name(node)),
        POLL_POLICY=quoted(_POLL_POLICY),
        INTERVAL=f"{interval}s",
    )


def poll_script(node: Node) -> str:
    """Return what puts the script that asks into its place, or brings it up to date."""
    name, source = quoted(_poll_name(node)), quoted(_poll(node))
    row = f"[/system script find name={name}]"
    fields = f'policy="{_POLL_POLICY}" source={source}'
    return (
        f":if ([:len {row}] = 0) do={{ /system script add name={name} {fields} }} "
        f"else={{ /system script set {row} {fields} }}\n"
    )


def held_variable(node: Node) -> str:
    """Return the name of the router's variable for the version of what it holds."""
    return f"CloudPilotHeld{node.pk}"


def failed_variable(node: Node) -> str:
    """Return the name of the router's variable for the rows that it refused."""
    return f"CloudPilotFailed{node.pk}"


def _poll(node: Node) -> str:
    netid = node.network.netid
    return _filled(
        "poll",
        HELD=held_variable(node),
        FAILED=failed_variable(node),
        NODE_URL=quoted(_url(f"/api/nodes/{netid}/{node.mac_address}/")),
        AUTHENTICATE_URL=quoted(_url(f"/api/nodes/adm/{netid}/authenticate/")),
        PASSWORD_SCRIPT=quoted(_password_script(node)),
        MAC=quoted(node.mac_address),
        FILE=quoted(f"cloudpilot-{netid}.rsc"),
    )


def _poll_name(node: Node) -> str:
    return f"cloudpilot-{node.network.netid}"


def _password_script(node: Node) -> str:
    return f"cloudpilot-{node.network.netid}-password"


def _filled(name: str, **values: str) -> str:
    """Return a script with `@NAME@` replaced by values, each as RouterOS reads it."""
    text = _source(name).replace("@FACTS@", _source("facts").rstrip())
    for place, value in {"CHECK": _check(), **values}.items():
        text = text.replace(f"@{place}@", value)
    return text


@cache
def _source(name: str) -> str:
    return (_FOLDER / f"{name}.rsc").read_text()


def _url(path: str) -> str:
    return settings.PUBLIC_URL + path


def _check() -> str:
    """Say whether a router checks whose certificate it is shown; without HTTPS there is none."""
    return "yes-without-crl" if urlsplit(settings.PUBLIC_URL).scheme == "https" else "no"
