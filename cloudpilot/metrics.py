"""`/metrics` for Prometheus: what the database knows at the time, and this process's requests.

An app adds gauges of its own with `@gauges`, in a module that its `AppConfig.ready()` imports.
"""

import os
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from cloudpilot.clients import client_address
from cloudpilot.middleware import json_problem
from cloudpilot.problems import UNAUTHENTICATED, UNKNOWN_PATH, Problem

registry = CollectorRegistry()

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_requests = Counter(
    "cloudpilot_requests",
    "Requests answered by this process.",
    ["process", "method", "route", "status"],
    registry=registry,
)
_seconds = Histogram(
    "cloudpilot_request_seconds",
    "How long this process took to answer.",
    ["process", "method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=registry,
)


def gauges(read: Callable[[], Iterable[Metric]]) -> Callable[[], Iterable[Metric]]:
    """Call `read` at each scrape; its gauges come from the database, and hold no ids."""

    class _Collector(Collector):
        def collect(self) -> Iterable[Metric]:
            return read()

        def describe(self) -> Iterable[Metric]:
            return []  # so that registering asks nothing of a database

    registry.register(_Collector())
    return read


class RequestMetricsMiddleware:
    """Count each request by its route's pattern, never by its path: paths hold ids."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = "/" + match.route if match and match.url_name != "unknown-path" else "unknown"
        method = request.method if request.method in _METHODS else "other"
        process = str(os.getpid())  # asked each time: gunicorn forks
        _requests.labels(process, method, route, str(response.status_code)).inc()
        _seconds.labels(process, method, route).observe(time.perf_counter() - started)
        return response


def metrics_view(request: HttpRequest) -> HttpResponse:
    """Answer to this machine, and to whoever has the token; to others there is nothing here."""
    if not (_is_local(request) or _has_token(request)):
        refusal = Problem(401, "not_authenticated", UNAUTHENTICATED)
        return json_problem(request, refusal if settings.METRICS_TOKEN else UNKNOWN_PATH)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_local(request: HttpRequest) -> bool:
    if not settings.TRUSTED_PROXIES and "X-Forwarded-For" in request.headers:
        return False  # a proxy on this machine that nobody told us of
    try:
        return ip_address(client_address(request)).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token: str = settings.METRICS_TOKEN
    return bool(token) and constant_time_compare(given, token)
