from django.urls import path

from networks.server.views import AddNetworkView, RemoveNetworkView, ServerConfigView

urlpatterns = [
    path("api/server/addnetwork/<str:netid>/", AddNetworkView.as_view()),
    path("api/server/removenetwork/<str:netid>/", RemoveNetworkView.as_view()),
    path("api/server/getconfig/", ServerConfigView.as_view()),
]
