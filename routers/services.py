from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from cloudpilot.hosts import HostNotAllowed
from routers import connections, execution
from routers.bulkhead import web_threads
from routers.connections import unreachable
from routers.errors import RouterHasPackages, RouterRefused
from routers.fleet import sweeps
from routers.models import Router
from routers.routeros import Command, Deadline, Reply, errors

# The only waits for a device that a request thread may bear (architecture, decision 4).
TEST_SECONDS = 5.0
COMMAND_SECONDS = 10.0

_RESOURCE = Command("/system/resource", "print")
_IDENTITY = Command("/system/identity", "print", proplist=("name",))
_INFO = {
    "cpu_load": "cpu-load",
    "free_memory": "free-memory",
    "total_memory": "total-memory",
    "free_hdd_space": "free-hdd-space",
    "total_hdd_space": "total-hdd-space",
    "version": "version",
    "uptime": "uptime",
}
UNKNOWN = "Unknown"


@dataclass(frozen=True)
class ConnectionTest:
    """What a test found; `reason` and `detail` are empty when the router is online."""

    is_online: bool
    reason: str = ""
    detail: str = ""


def check_connection(router: Router) -> ConnectionTest:
    """Ask the router whether it is there, now, and store the answer and its time.

    Raises `TooManySlowRouters`, as all that asks a router while somebody waits.
    """
    deadline = Deadline(TEST_SECONDS)
    try:
        with web_threads.waiting_for(router):
            connections.probe(router, _IDENTITY, deadline)
        found = ConnectionTest(is_online=True)
    except errors.Unavailable as exc:
        found = ConnectionTest(is_online=False, reason=exc.reason, detail=str(exc))
    except errors.Refused:
        found = ConnectionTest(is_online=True)  # it may not read this, but it is there
    except HostNotAllowed as exc:
        found = ConnectionTest(is_online=False, reason="unreachable", detail=str(exc))
    _note(router, found)
    return found


def _note(asked: Router, found: ConnectionTest) -> None:
    """Store what a test found, and touch no other column.

    A router that was pointed elsewhere meanwhile keeps what it has: the test was not of that.
    """
    with transaction.atomic():
        now = Router.objects.select_for_update().filter(pk=asked.pk).first()
        if now and connections.endpoint_of(now) == connections.endpoint_of(asked):
            Router.objects.filter(pk=now.pk).update(
                is_online=found.is_online, last_checked=timezone.now()
            )
            if found.is_online:
                sweeps.ask_soon(now)


def device_info(router: Router) -> dict[str, str]:
    """Read the eight facts that the page shows, each a string, `Unknown` where a model lacks it.

    Raises `RouterUnreachable`, or `RouterRefused` if the account may not read.
    """
    deadline = Deadline(COMMAND_SECONDS)
    try:
        with web_threads.waiting_for(router):
            resource = _only_row(connections.run(router, _RESOURCE, deadline))
            identity = _only_row(connections.run(router, _IDENTITY, deadline))
    except errors.Unavailable as exc:
        raise unreachable(exc) from exc
    except errors.Refused as exc:
        raise RouterRefused(exc.message, router_id=router.pk, status_code=exc.status) from exc
    info = {name: resource.get(field, UNKNOWN) for name, field in _INFO.items()}
    if info["cpu_load"] != UNKNOWN:
        info["cpu_load"] += "%"
    return {"identity": identity.get("name", UNKNOWN), **info}


def delete_router(router: Router) -> None:
    """Delete a router with its keys, unless something that it sells still hangs on it.

    What that is, the tables say that protect the router, whoever made them.
    The lock makes a package that is being added wait, and be refused by its foreign key, or be
    seen here. Raises `RouterHasPackages`.
    """
    try:
        with transaction.atomic():
            Router.objects.select_for_update().filter(pk=router.pk).first()
            Router.objects.filter(pk=router.pk).delete()
            transaction.on_commit(partial(connections.forget, router))
    except ProtectedError as exc:
        raise RouterHasPackages(len(exc.protected_objects)) from exc
    except RestrictedError as exc:
        raise RouterHasPackages(len(exc.restricted_objects)) from exc


def _only_row(reply: Reply) -> dict[str, str]:
    return reply.rows[0] if reply.rows else {}


def execute_command(router: Router, command: Command, *, user: Any, confirm: bool) -> Any:
    """Run a command that `user` may run, and return its result as the page shows it.

    Every command that is sent is recorded, with what became of it. Raises `CommandNotAllowed`,
    `RoleTooLow`, `ConfirmationRequired`, `RouterRefused` or `RouterUnreachable`.
    """
    execution.demand_leave(command, user=user, company_id=router.company_id, confirm=confirm)
    deadline = Deadline(COMMAND_SECONDS)
    try:
        with web_threads.waiting_for(router):
            return execution.run_on_record(
                router, command, deadline, user=user, user_name=user.get_username()
            )
    except errors.Refused as exc:
        raise RouterRefused(exc.message, router_id=router.pk, status_code=exc.status) from exc
    except errors.Unavailable as exc:
        raise unreachable(exc) from exc
