"""The paths of the mesh page; `middleware` knows the other forms that it has of some."""

from django.urls import include, path

urlpatterns = [
    path("", include("networks.mesh.urls")),
    path("", include("networks.keys.urls")),
    path("", include("networks.nodes.urls")),
    path("", include("networks.peers.urls")),
    path("", include("networks.server.urls")),
    path("", include("networks.onboarding.urls")),
    path("", include("networks.files.urls")),
    path("", include("networks.map.urls")),
    path("", include("networks.admins.urls")),
]
