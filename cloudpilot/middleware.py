import logging
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, JsonResponse

from cloudpilot.families import family_of
from cloudpilot.problems import BAD_REQUEST, CRASH, TOO_LARGE, UNKNOWN_PATH, Problem, problem_of

log = logging.getLogger("cloudpilot.crash")

Handler = Callable[[HttpRequest], HttpResponse]


def json_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Answer `problem` in the shape of the family that the path belongs to."""
    family = family_of(request.path_info)
    return JsonResponse(
        family.body(problem), status=family.status(problem), headers=dict(problem.headers)
    )


class ErrorsAsJsonMiddleware:
    """Answer what no view answered: a refusal in its family's shape, a crash as a bare 500.

    Django's own debug and error pages are HTML, and say more than a stranger should read.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        problem = _unreadable(request)
        return self.get_response(request) if problem is None else json_problem(request, problem)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse:
        problem = problem_of(exc)
        if problem is None:
            log.error("Unhandled %s", type(exc).__name__, exc_info=exc)
            problem = CRASH
        return json_problem(request, problem)


def _unreadable(request: HttpRequest) -> Problem | None:
    """Refuse what no view should have to think about."""
    if "\0" in request.path_info:  # no row's name has it, and PostgreSQL will not be asked
        return UNKNOWN_PATH
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return BAD_REQUEST
    # Also of a file, which Django would write to the disk whatever its size.
    path = f"{request.path_info.strip('/')}/"
    sizes = (size for start, size in settings.LARGEST_BODIES.items() if path.startswith(start))
    largest = next(sizes, settings.LARGEST_BODY)
    return TOO_LARGE if length > largest else None


class _OfConsole:
    """A middleware of the console alone: the API knows no session, and so is spared it."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if f"{request.path_info}/".startswith("/console/"):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)  # type: ignore[attr-defined]


class ConsoleSessionMiddleware(_OfConsole, SessionMiddleware):
    pass


class ConsoleAuthenticationMiddleware(_OfConsole, AuthenticationMiddleware):
    pass


class ConsoleMessageMiddleware(_OfConsole, MessageMiddleware):
    pass
