from django.urls import path

from networks.mesh.views import NetworkViewSet

urlpatterns = [
    path("api/networks/", NetworkViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "api/networks/<str:netid>/",
        NetworkViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path(
        "api/networks/<str:netid>/keyupdate/",
        NetworkViewSet.as_view({"get": "key_update_progress", "post": "key_update"}),
    ),
]
