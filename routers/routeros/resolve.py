import ipaddress
import socket
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from routers.routeros.deadline import Deadline
from routers.routeros.endpoint import Endpoint
from routers.routeros.errors import TimedOut, Unreachable

# Returns addresses, never names: what is connected to is exactly what was returned, so a resolver
# that checks its answers has the last word.
Resolver = Callable[[Endpoint, Deadline], list[str]]


def resolve_host(endpoint: Endpoint, deadline: Deadline) -> list[str]:
    """Return the addresses of an endpoint's host, whichever they are."""
    return resolve(endpoint.host, endpoint.port, deadline)


def resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """Return the addresses of `host` in the system's order of preference."""
    if _is_address(host):
        return [host]

    # getaddrinfo knows no timeout, so it waits in a thread that outlives the deadline if need be.
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()
    Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.remaining())
    except Empty:
        raise TimedOut("The router's name was not resolved in time.") from None
    if isinstance(answer, Exception):
        raise Unreachable("The router's name has no address.") from answer
    return answer


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, port: int, answers: "SimpleQueue[list[str] | Exception]") -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label longer than a name may have
        answers.put(error)
    else:
        answers.put(list(dict.fromkeys(str(address[0]) for *_, address in found)))
