from django.urls import path

from networks.map.views import MapViewSet

urlpatterns = [
    path("api/networks/<str:netid>/map/", MapViewSet.as_view({"get": "map"})),
    path("api/networks/<str:netid>/map.svg/", MapViewSet.as_view({"get": "picture"})),
]
