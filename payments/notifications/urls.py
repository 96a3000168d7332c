from django.urls import path

from cloudpilot.api import LIST_ACTS, ROW_ACTS
from payments.notifications.views import ChannelViewSet, DeliveryViewSet, EndpointViewSet

_ENDPOINT = "endpoints/<str:public_id>"
_CHANNEL = "channels/<str:public_id>"
_DELIVERY = "deliveries/<str:public_id>"

urlpatterns = [
    path("endpoints/", EndpointViewSet.as_view(LIST_ACTS)),
    path(f"{_ENDPOINT}/", EndpointViewSet.as_view(ROW_ACTS)),
    path(f"{_ENDPOINT}/rotate/", EndpointViewSet.as_view({"post": "rotate"})),
    path(f"{_ENDPOINT}/ping/", EndpointViewSet.as_view({"post": "ping"})),
    path(f"{_ENDPOINT}/replay/", EndpointViewSet.as_view({"post": "replay"})),
    path("channels/", ChannelViewSet.as_view(LIST_ACTS)),
    path(f"{_CHANNEL}/", ChannelViewSet.as_view(ROW_ACTS)),
    path(f"{_CHANNEL}/test/", ChannelViewSet.as_view({"post": "trial"})),
    path("deliveries/", DeliveryViewSet.as_view({"get": "list"})),
    path(f"{_DELIVERY}/", DeliveryViewSet.as_view({"get": "retrieve"})),
    path(f"{_DELIVERY}/replay/", DeliveryViewSet.as_view({"post": "replay"})),
]
