from django.urls import path

from hotspot.gateway.settings_views import GuestGatewayViewSet
from hotspot.gateway.views import CloudGuestGatewayView, GuestGatewayView

_settings = "routers/<int:router_pk>/guest-api/"

urlpatterns = [
    path("api/", GuestGatewayView.as_view()),
    path("gw/<str:label>/api/", CloudGuestGatewayView.as_view()),
    path(
        _settings,
        GuestGatewayViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "partial_update"}
        ),
    ),
    path(f"{_settings}rotate-key/", GuestGatewayViewSet.as_view({"post": "rotate_key"})),
    path(
        f"{_settings}regenerate-endpoint/",
        GuestGatewayViewSet.as_view({"post": "regenerate_endpoint"}),
    ),
]
