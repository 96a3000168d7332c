"""Logs: one JSON object a line, each with the id of the request that it belongs to."""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse

log = logging.getLogger("cloudpilot.request")

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def current_request_id() -> str:
    """Return the id of the request being answered, empty outside of one."""
    return _request_id.get()


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON: nothing in a message can start a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := current_request_id():
            entry["request_id"] = request_id
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class RequestLogMiddleware:
    """Give each request an id, answer it in X-Request-ID, and log one line when it is done.

    The query string is left out: a guest gateway's clients put their key there. Of a path that
    opens something by itself, what opens it is left out too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.secrets = re.compile(f"^({settings.PATHS_TO_SECRETS})[^/]+")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _ACCEPTED_ID.fullmatch(offered) else secrets.token_hex(8)
        token = _request_id.set(request_id)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            path = self.secrets.sub(r"\1…", request.path)
            fields = {
                "method": request.method,
                "path": path,
                "status": response.status_code,
                "ms": round((time.perf_counter() - started) * 1000, 1),
            }
            log.info("%s %s", request.method, path, extra={"fields": fields})
        finally:
            _request_id.reset(token)
        return response
