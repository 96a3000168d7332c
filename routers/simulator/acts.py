"""Commands that do more than keep rows: logins of guests, pings, monitors, reboots, files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from routers.simulator import values
from routers.simulator.commands import Call, Reply, Stream, command
from routers.simulator.errors import (
    MISSING,
    NotEnoughPermissions,
    Refused,
    invalid_value,
    missing_argument,
    no_match,
)
from routers.simulator.schema import Row
from routers.simulator.web import WebRequest

# Hotspot -------------------------------------------------------------------------------------


@command("/ip/hotspot/active/login", "write")
def log_guest_in(call: Call) -> Reply:
    ip, mac = call.args.pop("ip", None), call.args.pop("mac-address", None)
    user, password = call.take("user"), call.args.pop("password", "")
    call.args.pop("domain", None)
    call.finish_arguments()
    if ip is None and mac is None:
        raise missing_argument("ip")
    # An empty attribute is refused: leave it out instead.
    if ip is not None and values.parse_address(ip) is None:
        raise Refused("failure: invalid value for argument ip")
    if mac is not None and (mac := values.parse_mac(mac)) is None:
        raise invalid_value("mac-address")
    host = call.router.hotspot.find_host(ip, mac)
    call.router.hotspot.log_in(host, user, password, by="admin")
    return Reply()


@command("/ip/hotspot/host/make-binding", "write")
def make_binding(call: Call) -> Reply:
    kind, comment = call.args.pop("type", "regular"), call.args.pop("comment", "")
    bindings = call.router.table("/ip/hotspot/ip-binding")
    for id_ in call.targets():
        host = call.table.rows[id_]
        row: Row = {n: host[n] for n in ("mac-address", "address", "server") if n in host}
        bindings.add({**row, "type": kind, "comment": comment})
    return Reply()


# Reachability and rates ----------------------------------------------------------------------


@command("/ping", "test")
@command("/tool/ping", "test")
def ping(call: Call) -> Stream:
    address = call.take("address")
    count = call.args.pop("count", None)
    interval = values.parse_duration(call.args.pop("interval", "1s"))
    size = call.args.pop("size", "56")
    for name in ("interface", "src-address", "ttl", "do-not-fragment", "arp-ping", "dscp"):
        call.args.pop(name, None)
    call.finish_arguments()
    if interval is None:
        raise invalid_value("interval")
    if count is not None and not count.isdigit():
        raise invalid_value("count")
    return _ping(call, address, int(count) if count else None, interval, size)


async def _ping(call: Call, address: str, count: int | None, interval: float, size: str) -> Stream:
    """Reach everything but the documentation network 192.0.2.0/24, where nobody answers."""
    answers = not address.startswith("192.0.2.")
    received = sent = 0
    while count is None or sent < count:
        row = {"seq": str(sent), "host": address}
        sent += 1
        if answers:
            received += 1
            row |= {"size": size, "ttl": "64", "time": "412us"}
        else:
            row["status"] = "timeout"
        loss = str(100 - 100 * received // sent)
        row |= {"sent": str(sent), "received": str(received), "packet-loss": loss}
        if answers:
            row |= {"min-rtt": "412us", "avg-rtt": "412us", "max-rtt": "412us"}
        yield row
        if count is None or sent < count:
            await call.router.pause(interval)


@command("/interface/monitor-traffic", "read")
def monitor_traffic(call: Call) -> Reply | Stream:
    interfaces = call.router.table("/interface")
    names = []
    for reference in call.take("interface").split(","):
        name = "aggregate" if reference == "aggregate" else interfaces.name_of(reference)
        if name is None:
            raise no_match("interface")
        names.append(name)
    rows = [_rates(name) for name in names]
    return periodic(call, lambda: rows)


def _rates(name: str) -> Row:
    return {
        "name": name,
        "rx-packets-per-second": "42",
        "rx-bits-per-second": "336000",
        "fp-rx-packets-per-second": "0",
        "fp-rx-bits-per-second": "0",
        "rx-drops-per-second": "0",
        "rx-errors-per-second": "0",
        "tx-packets-per-second": "21",
        "tx-bits-per-second": "42000",
        "fp-tx-packets-per-second": "0",
        "fp-tx-bits-per-second": "0",
        "tx-drops-per-second": "0",
        "tx-queue-drops-per-second": "0",
        "tx-errors-per-second": "0",
    }


Sample = Callable[[], Sequence[Row]]


def periodic(call: Call, sample: Sample) -> Reply | Stream:
    """Answer once, for `duration`, or without end; every round has its own `.section`."""
    once = call.has("once")
    duration = call.args.pop("duration", None)
    interval = values.parse_duration(call.args.pop("interval", "1s")) or 1.0
    call.args.pop(".proplist", None)
    call.finish_arguments()
    if once:
        return Reply([{**row, ".section": "0"} for row in sample()])
    seconds = None if duration is None else values.parse_duration(duration)
    if duration is not None and seconds is None:
        raise invalid_value("duration")
    return _rounds(call, sample, seconds, interval)


async def _rounds(call: Call, sample: Sample, seconds: float | None, interval: float) -> Stream:
    section = 0
    while seconds is None or section * interval < seconds:
        for row in sample():
            yield {**row, ".section": str(section)}
        section += 1
        await call.router.pause(interval)


@command("/system/resource/monitor", "read")
def monitor_resource(call: Call) -> Reply | Stream:
    board = call.router.identity.board
    row = {"cpu-used": "2%", "free-memory": f"{board.memory * 3 // 4 // 1024}KiB"}
    return periodic(call, lambda: [row])


# The device as a whole -----------------------------------------------------------------------


@command("/system/reboot", "reboot")
def reboot(call: Call) -> Reply:
    return Reply(then=call.router.reboot)


@command("/system/shutdown", "reboot")
def shut_down(call: Call) -> Reply:
    return Reply(then=call.router.power_off)


@command("/system/reset-configuration", "policy")
def reset_configuration(call: Call) -> Reply:
    for name in ("no-defaults", "keep-users", "skip-backup", "run-after-reset", "caps-mode"):
        call.args.pop(name, None)
    call.finish_arguments()
    return Reply(then=call.router.factory_reset)


@command("/system/package/update/check-for-updates", "write")
def check_for_updates(call: Call) -> Reply:
    version = call.router.identity.version
    row = {
        "channel": "stable",
        "installed-version": version,
        "latest-version": version,
        "status": "System is already up to date",
    }
    call.router.table("/system/package/update").update("", row)
    return Reply([{**row, ".section": "0"}])


@command("/system/backup/save", "policy")
def save_backup(call: Call) -> Reply:
    name = call.args.pop("name", "") or f"{call.router.identity.serial}-backup"
    for other in ("password", "dont-encrypt", "encryption"):
        call.args.pop(other, None)
    call.finish_arguments()
    _write_file(call, name if name.endswith(".backup") else f"{name}.backup", "\x88\xac")
    return Reply()


@command("/system/backup/load", "policy")
def load_backup(call: Call) -> Reply:
    name = call.take("name")
    call.take("password")  # mandatory, and may be empty
    if not call.router.table("/file").where(name=name):
        raise no_match("name")
    return Reply(then=call.router.reboot)


# Scripts and files ---------------------------------------------------------------------------


@command("/system/script/run", "test")
def run_script(call: Call) -> Reply:
    """Answer when the script is done, or at its first `:delay`."""
    targets = call.targets()
    call.finish_arguments()
    for id_ in targets:
        call.router.agenda.run_stored(id_, call.session)
    return Reply()


@command("/system/script/add", "write")
@command("/system/scheduler/add", "write")
def add_with_policy(call: Call) -> Reply:
    fields = call.table.menu.by_name
    _require_policies(call, call.args.get("policy", fields["policy"].default or ""))
    id_ = call.table.add(call.args)
    call.table.update(id_, {"owner": call.args.get("owner", call.session.username)})
    return Reply(ret=id_)


@command("/system/script/set", "write")
@command("/system/scheduler/set", "write")
def set_with_policy(call: Call) -> Reply:
    _require_policies(call, call.args.get("policy", ""))
    for id_ in call.targets():
        call.table.set(id_, call.args)
    return Reply()


def _require_policies(call: Call, asked: str) -> None:
    """Refuse policies that the user has not got, the default ones included."""
    if set(asked.split(",")) - call.session.policies - {""}:
        raise NotEnoughPermissions


@command("/file/read", "read")
def read_file(call: Call) -> Reply:
    if call.router.version_number < (7, 13):
        raise Refused("no such command", MISSING)
    name, offset = call.take("file"), int(call.args.pop("offset", "0"))
    chunk = int(call.args.pop("chunk-size", "32768"))
    call.finish_arguments()
    files = call.router.table("/file")
    for id_ in files.where(name=name):
        data = files.rows[id_].get("contents", "").encode("utf-8", "surrogateescape")
        piece = data[offset : offset + min(chunk, 32768)]
        return Reply([{"data": piece.decode("utf-8", "surrogateescape")}])
    raise no_match("file")


@command("/export", "test")
def export(call: Call) -> Reply:
    """Write a file if asked to; over the API an export prints nothing."""
    if name := call.args.pop("file", None):
        who = f"# {call.router.moment()} by RouterOS {call.router.identity.version}"
        identity = call.router.table("/system/identity").rows[""]["name"]
        text = f"{who}\n/system identity\nset name={identity}\n"
        _write_file(call, name if name.endswith(".rsc") else f"{name}.rsc", text)
    return Reply()


@command("/import", "test")
def import_(call: Call) -> Reply:
    """Run a file's lines; those before a mistake in the doing stay done."""
    name = call.take("file-name")
    call.args.pop("verbose", None)
    call.finish_arguments()
    files = call.router.table("/file")
    for id_ in files.where(name=name):
        contents = files.rows[id_].get("contents", "")
        return Reply(printed=call.router.agenda.run(contents, call.session))
    raise no_match("file-name")


@command("/execute", "test")
def execute(call: Call) -> Reply:
    """Run a script; without `as-string` it is on its own, and its errors only in the log."""
    script, answers = call.take("script"), call.has("as-string")
    call.finish_arguments()
    agenda = call.router.agenda
    if answers:
        return Reply(ret="".join(f"{line}\n" for line in agenda.run(script, call.session)))
    with contextlib.suppress(Refused):
        agenda.run(script, call.session)
    return Reply(ret=call.router.table("/system/script/job").new_id())


def _write_file(call: Call, name: str, contents: str) -> None:
    files = call.router.table("/file")
    for id_ in files.where(name=name):
        files.set(id_, {"contents": contents})
        return
    files.add({"name": name, "contents": contents})


@command("/tool/fetch", "test")
def fetch(call: Call) -> Reply:
    """Ask a web server, and keep what it answers as a file or as `data`."""
    request = _web_request(call)
    output = call.args.pop("output", "file")
    name = call.args.pop("dst-path", "") or request.url.partition("?")[0].rpartition("/")[2]
    call.args.pop("mode", None)
    call.finish_arguments()
    if not call.session.may("ftp"):
        raise NotEnoughPermissions
    try:
        answer = call.router.web(request)
    except OSError as exc:
        raise Refused(f"failure: connection failed: {exc}") from exc
    if not 200 <= answer.status < 300:
        raise Refused(f"failure: Fetch failed with status {answer.status}")
    text = answer.body.decode("utf-8", "surrogateescape")
    size = str(len(answer.body) // 1024)  # in KiB
    row = {"status": "finished", "downloaded": size, "total": size, "duration": "1s"}
    if output == "file" and name:
        _write_file(call, name, text)
    elif output == "user":
        row["data"] = text
    return Reply([{**row, ".section": "0"}])


def _web_request(call: Call) -> WebRequest:
    """Take what makes a request out of the arguments."""
    fields = filter(None, call.args.pop("http-header-field", "").split(","))
    headers = (header.partition(":") for header in fields)
    return WebRequest(
        call.args.pop("http-method", "get").upper(),
        call.take("url"),
        {name.strip(): value.strip() for name, _, value in headers},
        call.args.pop("http-data", "").encode("utf-8", "surrogateescape"),
        call.args.pop("check-certificate", "no") != "no",
    )


# Leases and log ------------------------------------------------------------------------------


@command("/ip/dhcp-server/lease/make-static", "write")
def make_static(call: Call) -> Reply:
    for id_ in call.targets():
        call.table.update(id_, {"dynamic": "false"})
    return Reply()


@command("/log/info", "write")
@command("/log/warning", "write")
@command("/log/error", "write")
@command("/log/debug", "write")
def write_log(call: Call) -> Reply:
    call.router.log(f"script,{call.verb}", call.take("message"))
    return Reply()


# Users ---------------------------------------------------------------------------------------


@command("/user/active/remove", "policy")
def end_session(call: Call) -> Reply:
    for id_ in call.targets():
        # Rows that REST has left behind cannot be removed (CHR 7.23.2).
        if call.table.rows[id_].get("via") == "rest-api":
            raise Refused("action failed (6)")
        call.router.end_session(id_)
    return Reply()


@command("/password", "read")
def change_password(call: Call) -> Reply:
    old, new = call.take("old-password"), call.take("new-password")
    if call.take("confirm-new-password") != new:
        raise Refused("failure: passwords do not match")
    users = call.router.table("/user")
    for id_ in users.where(name=call.session.username, password=old):
        users.update(id_, {"password": new})
        return Reply()
    raise Refused("failure: wrong old password")
