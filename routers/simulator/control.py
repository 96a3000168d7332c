"""A loopback HTTP endpoint that shows and sets what is wrong with running routers.

GET  /                       every router: number, ports, connections, faults
GET  /0                      one router
GET  /0/rows/ip/hotspot/user its rows
POST /0/faults               {"latency": 0.04}; null puts one right, {} clears all
POST /faults                 the same for {"devices": [0, 7]}, for {"every": 20}, or for all
POST /0/advance              {"seconds": 3600}
POST /0/script               {"source": ":put hello"}, as at the console; answers what it puts out
POST /0/guests/arrive        {"mac": "AA:BB:CC:00:00:01", "address": "192.168.88.20"}
POST /0/guests/log_in        {"mac": …, "user": …, "password": …}
POST /0/guests/browse        {"mac": …, "upload": 1000, "download": 20000}, in bytes a second
POST /0/guests/log_out, /0/guests/leave   {"mac": …}
POST /0/reboot, /0/factory_reset, /0/drop_connections, /0/switch_off, /0/switch_on
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from routers.simulator.device import Device
from routers.simulator.errors import Refused

_ACTS = frozenset({"reboot", "factory_reset", "drop_connections", "switch_off", "switch_on"})
_GUESTS_ACTS = frozenset(
    f"guests/{act}" for act in ("arrive", "log_in", "browse", "log_out", "leave")
)


class Control:
    """Serves in a thread of its own from `start` to `stop`."""

    def __init__(self, devices: list[Device], port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"devices": devices})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="control", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    devices: list[Device]

    def do_GET(self) -> None:
        self._reply(self._show)

    def do_POST(self) -> None:
        self._reply(self._act)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard output belongs to the addresses."""

    def _reply(self, answer: Any) -> None:
        try:
            status, body = 200, answer(self.path.strip("/"))
        except (IndexError, LookupError, Refused) as error:
            status, body = 404, {"error": str(error)}
        except (TypeError, ValueError) as error:
            status, body = 400, {"error": str(error)}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _show(self, path: str) -> Any:
        if not path:
            return [_describe(device) for device in self.devices]
        number, _, rest = path.partition("/")
        device = self.devices[int(number)]
        if rest.startswith("rows/"):
            return device.rows(rest.removeprefix("rows"))
        return _describe(device)

    def _act(self, path: str) -> Any:
        given = self._body()
        if path == "faults":
            return self._set_many_faults(given)
        number, _, act = path.partition("/")
        device = self.devices[int(number)]
        if act == "faults":
            _set_faults(device, given)
        elif act == "script":
            return {"output": _console(device, str(given["source"]))}
        elif act == "advance":
            device.advance(float(given["seconds"]))
        elif act in _GUESTS_ACTS:
            getattr(device.guests, act.removeprefix("guests/"))(**given)
        elif act in _ACTS:
            getattr(device, act)()
        else:
            raise LookupError(f"no act is called {act}")
        return _describe(device)

    def _set_many_faults(self, given: dict[str, Any]) -> dict[str, list[int]]:
        numbers = given.pop("devices", range(0, len(self.devices), int(given.pop("every", 1))))
        chosen = [self.devices[int(number)] for number in numbers]
        for device in chosen:
            _set_faults(device, given)
        return {"devices": [device.identity.number for device in chosen]}

    def _body(self) -> dict[str, Any]:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(data or b"{}")
        if not isinstance(body, dict):
            raise TypeError("the body is not an object")
        return body


def _console(device: Device, source: str) -> list[str]:
    """Run a script; answers what a console shows of it, an error too."""
    try:
        return device.run_script(source)
    except Refused as refused:
        return [refused.message]


def _set_faults(device: Device, given: dict[str, Any]) -> None:
    if not given:
        device.faults.clear()
    if cleared := [name for name, value in given.items() if value is None]:
        device.faults.clear(*cleared)
    device.faults.set(**{name: value for name, value in given.items() if value is not None})


def _describe(device: Device) -> dict[str, Any]:
    return {
        "number": device.identity.number,
        "ports": device.ports,
        "connections": device.connections,
        "logins": device.logins,
        "faults": device.faults.as_dict(),
    }
