from django.urls import path

from routers import views

_list = {"get": "list", "post": "create"}
_one = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    path("", views.RouterViewSet.as_view(_list)),
    path("<int:pk>/", views.RouterViewSet.as_view(_one)),
    path("<int:pk>/test-connection/", views.RouterViewSet.as_view({"post": "check"})),
    path("<int:pk>/execute-command/", views.RouterViewSet.as_view({"post": "execute"})),
    path("<int:pk>/device-info/", views.RouterViewSet.as_view({"get": "device_info"})),
]
