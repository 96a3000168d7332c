from typing import Any

from django.urls import path

from payments.notifications.views import ChannelViewSet, DeliveryViewSet, EndpointViewSet

_list: dict[str, Any] = {"get": "list", "post": "create"}
_one: dict[str, Any] = {
    "get": "retrieve",
    "put": "update",
    "patch": "partial_update",
    "delete": "destroy",
}
_ENDPOINT = "endpoints/<str:public_id>"
_CHANNEL = "channels/<str:public_id>"
_DELIVERY = "deliveries/<str:public_id>"

urlpatterns = [
    path("endpoints/", EndpointViewSet.as_view(_list)),
    path(f"{_ENDPOINT}/", EndpointViewSet.as_view(_one)),
    path(f"{_ENDPOINT}/rotate/", EndpointViewSet.as_view({"post": "rotate"})),
    path(f"{_ENDPOINT}/ping/", EndpointViewSet.as_view({"post": "ping"})),
    path(f"{_ENDPOINT}/replay/", EndpointViewSet.as_view({"post": "replay"})),
    path("channels/", ChannelViewSet.as_view(_list)),
    path(f"{_CHANNEL}/", ChannelViewSet.as_view(_one)),
    path(f"{_CHANNEL}/test/", ChannelViewSet.as_view({"post": "trial"})),
    path("deliveries/", DeliveryViewSet.as_view({"get": "list"})),
    path(f"{_DELIVERY}/", DeliveryViewSet.as_view({"get": "retrieve"})),
    path(f"{_DELIVERY}/replay/", DeliveryViewSet.as_view({"post": "replay"})),
]
