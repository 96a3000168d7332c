#!/usr/bin/env python3
"""Run the whole flow of the CloudPilot API against a running server, and say how each step went.

    python test_router_api.py
    python test_router_api.py --base-url https://cloudpilot.example.com \\
        --router-host 192.168.88.1 --router-username cloudpilot --router-password secret

Once with an access token, once with a key pair. Without --router-host it starts a simulated
router, which the server must be able to reach: the same machine. Ends with status 1 if a step
failed. Needs nothing but Python.
"""

import argparse
import json
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
UNAUTHENTICATED = "Authentication credentials were not provided or are invalid"
NOT_FOUND = "Resource not found"
DEVICE_INFO = {
    "identity", "cpu_load", "free_memory", "total_memory", "free_hdd_space", "total_hdd_space",
    "version", "uptime",
}  # fmt: skip
ABSENT = 2**31 - 1  # an id that no row has


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


@dataclass(frozen=True)
class Account:
    username: str
    password: str
    pair: dict[str, str]


@dataclass
class Api:
    """A caller with one credential, and the tally of what was asked."""

    base_url: str
    tally: "Tally"
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base_url + path,
            data=data,
            method=method,
            headers={"Content-Type": "application/json", **self.headers, **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, _json(answer.read()))
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, _json(refused.read()))

    def step(
        self,
        title: str,
        request: tuple[Any, ...],
        status: int,
        holds: Callable[[Any], Any] = lambda body: True,
        **headers: str,
    ) -> Any:
        """Send a request, and note whether its status and body are right; returns the body."""
        answer = self.call(*request, **headers)
        self.tally.note(title, answer, answer.status == status and _true_of(holds, answer.body))
        return answer.body

    def speaking_as(self, **headers: str) -> "Api":
        return Api(self.base_url, self.tally, headers)


class Tally:
    def __init__(self) -> None:
        self.steps = 0
        self.failures = 0

    def note(self, title: str, answer: Answer, is_ok: bool) -> None:
        self.steps += 1
        print(f"{'ok  ' if is_ok else 'FAIL'}  {answer.status}  {title}", flush=True)
        if not is_ok:
            self.failures += 1
            print(f"      {answer.body}", flush=True)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")


def _true_of(holds: Callable[[Any], Any], body: Any) -> bool:
    try:
        return bool(holds(body))
    except (KeyError, TypeError, IndexError, AttributeError):
        return False  # the body has not even the form that was asked about


# --- Accounts -------------------------------------------------------------------------------


def register(api: Api) -> Account:
    name, password = f"flow-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    body = api.step(
        "register",
        ("POST", "/users/register/", {"username": name, "email": f"{name}@example.com",
                                      "password": password}),
        201,
        lambda body: body["message"] == "User registered successfully"
        and isinstance(body["user_id"], int)
        and body["api_key"]["private_key"]
        and body["note"] == "API keys created automatically",
    )  # fmt: skip
    if not isinstance(body, dict) or "api_key" not in body:
        raise SystemExit("Without an account there is nothing to go on with.")
    return Account(name, password, body["api_key"])


def log_in(api: Api, account: Account) -> dict[str, str]:
    credentials = {"username": account.username, "password": account.password}
    body: dict[str, str] = api.step(
        "login",
        ("POST", "/users/login/", credentials),
        200,
        lambda body: {"access_token", "refresh_token", "user_id", "username"} <= body.keys(),
    )
    return body


def check_account_errors(api: Api, account: Account) -> None:
    wrong = {"username": account.username, "password": "not it"}
    api.step(
        "login with a wrong password is 401",
        ("POST", "/users/login/", wrong),
        401,
        lambda body: body["error"] == "Invalid credentials",
    )
    api.step(
        "a request with no credential is 401",
        ("GET", "/routers/"),
        401,
        lambda body: body["error"] == UNAUTHENTICATED,
    )
    api.step(
        "a token that is none is 401",
        ("GET", "/routers/"),
        401,
        lambda body: body["error"] == UNAUTHENTICATED,
        Authorization="Bearer nonsense",
    )
    api.step(
        "a public key alone is 401",
        ("GET", "/routers/"),
        401,
        lambda body: body["error"] == UNAUTHENTICATED,
        **{"X-API-Key": account.pair["public_key"]},
    )
    api.step(
        "registering with no e-mail address is 400",
        ("POST", "/users/register/", {"username": "x", "password": "teapot-and-mango"}),
        400,
        lambda body: body["error"] and "email" in body["fields"],
    )


def check_profile(api: Api) -> None:
    api.step(
        "read the profile",
        ("GET", "/users/profile/"),
        200,
        lambda body: {"bio", "website", "created_at", "updated_at"} <= body.keys(),
    )
    wanted = {"bio": "Tests the API.", "website": "https://example.com"}
    api.step(
        "change the profile",
        ("PUT", "/users/profile/", wanted),
        200,
        lambda body: wanted.items() <= body.items(),
    )
    api.step(
        "a website that is no URL is 400",
        ("PUT", "/users/profile/", {"website": "javascript:alert(1)"}),
        400,
        lambda body: "website" in body["fields"],
    )


def check_keys(api: Api) -> dict[str, str]:
    """Make, list and revoke pairs; returns the one that is left."""
    api.step("list key pairs", ("GET", "/users/api-keys/"), 200, lambda body: body["public_key"])
    made = api.step(
        "make a key pair",
        ("POST", "/users/generate-api-key/", {"name": "flow"}),
        201,
        lambda body: body["private_key"] == body["api_key"]["private_key"],
    )
    key_id = made["api_key"]["id"]
    api.step("revoke it", ("DELETE", f"/users/api-keys/{key_id}/"), 200, lambda b: b["message"])
    old = {"X-API-Key": made["public_key"], "X-Private-Key": made["private_key"]}
    stranger = api.speaking_as(**old)
    stranger.step("the revoked pair is 401", ("GET", "/routers/"), 401, lambda body: body["error"])
    pair: dict[str, str] = api.step(
        "replace all pairs by one",
        ("POST", "/users/rotate-api-keys/"),
        201,
        lambda body: body["public_key"] and body["private_key"],
    )
    return pair


def check_pair_limits(api: Api, pair: dict[str, str]) -> None:
    keys = {"public_key": pair["public_key"], "private_key": pair["private_key"]}
    api.step(
        "a key pair makes no key pairs: 403",
        ("POST", "/users/generate-api-key/"),
        403,
        lambda body: body["code"] == "key_not_allowed",
    )
    api.step(
        "exchange the pair for tokens",
        ("POST", "/users/api-key-login/", keys),
        200,
        lambda body: body["access_token"] and body["refresh_token"],
    )


def check_tokens(api: Api, account: Account) -> None:
    login = log_in(api, account)
    path, old = "/users/token/refresh/", {"refresh_token": login["refresh_token"]}
    new = api.step("refresh", ("POST", path, old), 200, lambda body: body["access_token"])
    bearer = {"Authorization": f"Bearer {new['access_token']}"}
    fresh = api.speaking_as(**bearer)
    fresh.step("the new access token works", ("GET", "/users/profile/"), 200)
    fresh.step(
        "log out",
        ("POST", "/users/logout/", {"refresh_token": new["refresh_token"]}),
        200,
        lambda body: body["message"],
    )
    fresh.step("the access token has ended", ("GET", "/users/profile/"), 401)
    api.step(
        "so has the refresh token", ("POST", path, {"refresh_token": new["refresh_token"]}), 401
    )


# --- Routers --------------------------------------------------------------------------------


def check_routers(api: Api, router: dict[str, Any]) -> None:
    made = api.step(
        "add a router",
        ("POST", "/routers/", {"name": "Flow", **router}),
        201,
        lambda body: body["host"] == router["host"] and "password" not in body,
    )
    if not isinstance(made, dict) or "id" not in made:
        return
    path = f"/routers/{made['id']}/"
    try:
        check_rows(api, path, made)
        check_device(api, path)
        check_commands(api, path)
        check_router_errors(api, path)
    finally:
        api.step(
            "delete it",
            ("DELETE", path),
            200,
            lambda body: body["message"] == 'Router "Flow two" has been successfully deleted',
        )
    api.step("it is gone: 404", ("GET", path), 404, lambda body: body["error"] == NOT_FOUND)


def check_rows(api: Api, path: str, made: dict[str, Any]) -> None:
    api.step(
        "list routers",
        ("GET", "/routers/"),
        200,
        lambda body: made["id"] in [row["id"] for row in body],
    )
    api.step("read it", ("GET", path), 200, lambda body: body["name"] == "Flow")
    api.step("read it with no last slash", ("GET", path.rstrip("/")), 200)
    api.step(
        "PUT one field",
        ("PUT", path, {"name": "Flow two"}),
        200,
        lambda body: body["name"] == "Flow two" and body["host"] == made["host"],
    )
    api.step(
        "PATCH one field",
        ("PATCH", path, {"location": "Counter"}),
        200,
        lambda body: body["location"] == "Counter" and body["name"] == "Flow two",
    )


def check_device(api: Api, path: str) -> None:
    api.step(
        "test the connection",
        ("POST", f"{path}test-connection/"),
        200,
        lambda body: body["is_online"] is True and body["message"] == "Connection test completed",
    )
    api.step("it is online", ("GET", path), 200, lambda body: body["is_online"] is True)
    api.step(
        "device info",
        ("GET", f"{path}device-info/"),
        200,
        lambda body: (
            body["device_info"].keys() == DEVICE_INFO
            and all(isinstance(value, str) for value in body["device_info"].values())
            and body["device_info"]["cpu_load"].endswith("%")
        ),
    )


def check_commands(api: Api, path: str) -> None:
    address = f"192.0.2.{secrets.randbelow(254) + 1}"  # TEST-NET-1: leads nowhere

    def run(title: str, holds: Callable[[Any], Any], **body: Any) -> Any:
        return api.step(title, ("POST", f"{path}execute-command/", body), 200, holds)

    run(
        "command as the API writes it",
        lambda body: body["result"]["version"] and body["method"] == "GET",
        command="/system/resource/print",
    )
    added = run(
        "command as REST does",
        lambda body: body["result"]["ret"].startswith("*"),
        command="ip/firewall/address-list",
        method="PUT",
        data={"list": "cloudpilot-flow", "address": address},
    )
    run(
        "command as the console does",
        lambda body: [row["address"] for row in body["result"]] == [address],
        command=f"/ip firewall address-list print where list=cloudpilot-flow address={address}",
    )
    run(
        "and take the row away again",
        lambda body: body["result"] == [],
        command="/ip/firewall/address-list/remove",
        data={".id": added["result"]["ret"]},
    )


def check_router_errors(api: Api, path: str) -> None:
    def refused(title: str, code: str, status: int, **body: Any) -> None:
        request = ("POST", f"{path}execute-command/", body)
        api.step(title, request, status, lambda body: body["error"] and body["code"] == code)

    refused("no command is 400", "invalid", 400)
    refused("scripting is 400", "command_invalid", 400, command="/ip address remove [find]")
    refused("torch never ends: 403", "command_not_allowed", 403, command="/tool/torch")
    refused("reboot unconfirmed is 400", "confirmation_required", 400, command="/system reboot")
    api.step(
        "what the router refuses is 400, with its words",
        ("POST", f"{path}execute-command/", {"command": "/no/such/menu/print"}),
        400,
        lambda body: (
            body["error"] and {"router_id", "command", "method", "status_code"} < set(body)
        ),
    )
    api.step(
        "a port out of range is 400",
        ("PUT", path, {"port": 70000}),
        400,
        lambda body: "port" in body["fields"],
    )
    for title, request in (
        ("a router that never was is 404", ("GET", f"/routers/{ABSENT}/")),
        ("its commands are too", ("POST", f"/routers/{ABSENT}/execute-command/", {"command": "x"})),
        ("a path that never was is 404", ("GET", "/no/such/path/")),
    ):
        api.step(title, request, 404, lambda body: body["error"] == NOT_FOUND)


# --- Putting it together --------------------------------------------------------------------


def run_flow(base_url: str, router: dict[str, Any]) -> Tally:
    tally = Tally()
    nobody = Api(base_url, tally)
    nobody.step("the server is healthy", ("GET", "/health/"), 200, lambda b: b["status"] == "ok")
    nobody.step("the OpenAPI document", ("GET", "/openapi.json"), 200, lambda body: body["paths"])
    account = register(nobody)
    check_account_errors(nobody, account)

    print("\nWith an access token:")
    login = log_in(nobody, account)
    by_token = nobody.speaking_as(Authorization=f"Bearer {login['access_token']}")
    check_profile(by_token)
    pair = check_keys(by_token)
    check_routers(by_token, router)

    print("\nWith a key pair:")
    keys = {"X-API-Key": pair["public_key"], "X-Private-Key": pair["private_key"]}
    by_pair = nobody.speaking_as(**keys)
    check_profile(by_pair)
    check_pair_limits(by_pair, pair)
    check_routers(by_pair, router)

    print("\nRefresh and logout:")
    check_tokens(nobody, account)
    return tally


@contextmanager
def simulated_router() -> Iterator[dict[str, Any]]:
    """Run a simulated router for as long as the block lasts; yields how to reach it."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "simulate_router"],
        cwd=HERE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("listening on "):
            raise SystemExit("The simulated router did not start; give --router-host.")
        port = int(line.rpartition(":")[2])
        yield {"host": "127.0.0.1", "port": port, "username": "admin", "password": "admin"}
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def given_router(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    router = {
        "host": given.router_host,
        "port": given.router_port,
        "username": given.router_username,
        "password": given.router_password,
        "use_https": given.router_tls or None,
    }
    yield {name: value for name, value in router.items() if value is not None}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-url", default="http://localhost:8000", help="of the server")
    parser.add_argument("--router-host", help="a router that the server can reach")
    parser.add_argument("--router-port", type=int, help="left out: 8728, or 8729 with TLS")
    parser.add_argument("--router-username", default="admin")
    parser.add_argument("--router-password", default="admin")
    parser.add_argument("--router-tls", action="store_true")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    try:
        with given_router(given) if given.router_host else simulated_router() as router:
            tally = run_flow(given.base_url.rstrip("/"), router)
    except urllib.error.URLError as error:
        print(f"FAIL       no server answers at {given.base_url}: {error.reason}")
        return 1
    if tally.failures:
        print(f"\n{tally.failures} of {tally.steps} steps FAILED.")
        return 1
    print(f"\nAll {tally.steps} steps are ok.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
