from django.urls import path

from networks.nodes.authenticating import AuthenticateView
from networks.nodes.views import AllNodesViewSet, NodeViewSet

_node = "api/nodes/<str:netid>/<str:mac>/"

urlpatterns = [
    path("api/nodes/", AllNodesViewSet.as_view({"get": "list"})),
    path("api/nodes/adm/<str:netid>/authenticate/", AuthenticateView.as_view()),
    path(
        "api/nodes/adm/<str:netid>/lastmodified/",
        NodeViewSet.as_view({"get": "last_modified"}),
    ),
    path("api/nodes/<str:netid>/", NodeViewSet.as_view({"get": "list", "post": "create"})),
    path(
        _node,
        NodeViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path(f"{_node}checkin/", NodeViewSet.as_view({"post": "check_in"})),
    path(f"{_node}approve/", NodeViewSet.as_view({"post": "approve"})),
    path(f"{_node}creategateway/", NodeViewSet.as_view({"post": "create_gateway"})),
    path(
        f"{_node}deletegateway/",
        NodeViewSet.as_view({"delete": "delete_gateway", "post": "delete_gateway"}),
    ),
]
