"""A command that somebody asked for: who may send it, what is kept of it, how its answer is shown."""

from typing import Any

from django.db import IntegrityError
from django.http import Http404
from django.utils import timezone

from cloudpilot.errors import DomainError
from cloudpilot.tenancy import demand_role
from cloudpilot.text import storable
from routers import connections
from routers.command_policy import Risk, risk_of
from routers.errors import ConfirmationRequired
from routers.masking import masked
from routers.models import CommandLog, Router
from routers.routeros import Command, Deadline, Reply, errors

# Menus that are one object and no list of rows.
_SINGLETONS = frozenset([
    "/interface/bridge/settings", "/interface/detect-internet", "/ip/cloud", "/ip/dns",
    "/ip/neighbor/discovery-settings", "/ip/settings", "/ip/ssh", "/radius/incoming", "/snmp",
    "/system/clock", "/system/identity", "/system/license", "/system/note", "/system/ntp/client",
    "/system/package/update", "/system/resource", "/system/routerboard", "/tool/bandwidth-server",
    "/tool/graphing", "/tool/romon", "/tool/sniffer", "/user-manager", "/user-manager/advanced",
    "/user-manager/database",
])  # fmt: skip


def demand_leave(command: Command, *, user: Any, company_id: int, confirm: bool) -> None:
    """Let `user` send the command to the company's routers, or say why not.

    Raises `CommandNotAllowed`, `RoleTooLow` or `ConfirmationRequired`.
    """
    risk = risk_of(command)
    demand_role(user, company_id, risk.value)
    if risk is Risk.DANGEROUS and not confirm:
        raise ConfirmationRequired(
            'This command can cut off or wipe the router; send "confirm": true to run it.'
        )


def run_on_record(
    router: Router, command: Command, deadline: Deadline, *, user: Any, user_name: str
) -> Any:
    """Send a command once, and return its result as pages show it, with its secrets masked.

    It is recorded before it is sent, and what became of it after. Raises what `connections.run`
    raises, and `Http404` if the router has been deleted.
    """
    entry = _record(router, command, user, user_name)
    try:
        reply = connections.run(router, command, deadline)
    except errors.Refused as exc:
        _close(entry, CommandLog.Outcome.REFUSED, exc.message)
        raise
    except (errors.Unavailable, DomainError) as exc:
        _close(entry, CommandLog.Outcome.FAILED, str(exc))
        raise
    _close(entry, CommandLog.Outcome.DONE)
    return _shown(command, reply)


def shown_arguments(command: Command) -> dict[str, Any]:
    """Return a command's arguments and conditions, for people to read: secrets are masked."""
    return {**masked(command.attributes), "?": list(command.queries)}


def _record(router: Router, command: Command, user: Any, user_name: str) -> CommandLog:
    try:
        return CommandLog.objects.create(
            company_id=router.company_id,
            router=router,
            router_name=str(router),
            user=user,
            user_name=user_name,
            command=command.path[:300],
            arguments=shown_arguments(command),
        )
    except IntegrityError as exc:  # the router was deleted after we had looked it up
        raise Http404 from exc


def _close(entry: CommandLog, outcome: CommandLog.Outcome, error: str = "") -> None:
    CommandLog.objects.filter(pk=entry.pk).update(
        outcome=outcome, error=storable(error, 500), finished_at=timezone.now()
    )


def _shown(command: Command, reply: Reply) -> Any:
    """Give a reply the page's form: rows, one object for a singleton menu, or what was returned."""
    if reply.ret is not None:
        return {"ret": reply.ret}
    rows = [masked(row) for row in reply.rows]
    if len(rows) == 1 and _is_singleton(command, rows[0]):
        return rows[0]
    return rows


def _is_singleton(command: Command, row: dict[str, str]) -> bool:
    if command.menu in _SINGLETONS:
        return True
    # Of a menu that we do not know: a row of a list has an id, unless the caller left it out.
    return command.verb in {"print", "getall"} and not command.proplist and ".id" not in row
