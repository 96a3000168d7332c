"""Settings and view of a Django that does nothing but add a row: what intake costs at the least."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from cloudpilot.settings import *  # noqa: F403 - the same database, and the same pool of it

MIDDLEWARE = []
ROOT_URLCONF = "benchmarks.bare"
ANSWER = b'{"received": true}'


def add_row(request: HttpRequest, path: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bare (body) VALUES (%s)", [request.body.decode()])
    headers = {"Content-Length": len(ANSWER)}
    return HttpResponse(ANSWER, content_type="application/json", headers=headers)


urlpatterns = [path("payments/webhooks/<path:path>", add_row)]
