from django.urls import path

from networks.peers.views import PeerCodeView, PeerConfigurationView

_node = "api/nodes/<str:netid>/<str:mac>/"

urlpatterns = [
    path(f"{_node}config/", PeerConfigurationView.as_view()),
    path(f"{_node}qr/", PeerCodeView.as_view()),
]
