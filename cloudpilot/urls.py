from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import (
    SpectacularJSONAPIView,
    SpectacularRedocView,
    SpectacularSwaggerView,
)

from cloudpilot.health import HealthView
from cloudpilot.metrics import metrics_view
from cloudpilot.middleware import json_problem
from cloudpilot.paths import Paths
from cloudpilot.problems import BAD_REQUEST, CRASH, UNKNOWN_PATH


@csrf_exempt  # or a POST to a mistyped path would be told about a cookie it never had
def unknown_path(request: HttpRequest) -> HttpResponse:
    return json_problem(request, UNKNOWN_PATH)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return json_problem(request, BAD_REQUEST)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return json_problem(request, UNKNOWN_PATH)


def handler500(request: HttpRequest) -> HttpResponse:
    return json_problem(request, CRASH)


_known: list[URLPattern | URLResolver] = [
    path("users/", include("users.urls")),
    path("", include("networks.urls")),
    path("", include("hotspot.gateway.urls")),
    path("routers/", include("hotspot.packages.urls")),
    path("routers/", include("routers.urls")),
    path("admin/empresas/", include("routers.empresas.urls")),
    path("portal/", include("hotspot.urls")),
    path("portal/", include("payments.portal.urls")),
    path("hotspot/", include("hotspot.operator_urls")),
    path("payments/", include("payments.urls")),
    path("jobs/", include("cloudpilot.jobs.urls")),
    path("health/", HealthView.as_view()),
    path("metrics/", metrics_view),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("swagger/", SpectacularSwaggerView.as_view(url_name="openapi")),
    path(
        "redoc/",
        SpectacularRedocView.as_view(url_name="openapi", template_name="cloudpilot/redoc.html"),
    ),
    path("console/", admin.site.urls),
]
urlpatterns = [
    Paths(_known),
    # Also under DEBUG, where Django would show an HTML page of its own.
    re_path(r"", unknown_path, name="unknown-path"),
]
