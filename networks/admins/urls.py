from django.urls import path

from networks.admins.views import AdminViewSet, CreateAdminView, HasAdminView
from networks.nodes.authenticating import AdminAuthenticateView

urlpatterns = [
    path("api/users/adm/hasadmin/", HasAdminView.as_view()),
    path("api/users/adm/createadmin/", CreateAdminView.as_view()),
    path("api/users/adm/authenticate/", AdminAuthenticateView.as_view()),
    path(
        "api/users/<str:username>/",
        AdminViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
]
