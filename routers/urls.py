from django.urls import path

from routers.views import RouterViewSet

urlpatterns = [
    path("", RouterViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "<int:pk>/",
        RouterViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
    ),
    path("<int:pk>/test-connection/", RouterViewSet.as_view({"post": "check"})),
    path("<int:pk>/execute-command/", RouterViewSet.as_view({"post": "execute"})),
    path("<int:pk>/device-info/", RouterViewSet.as_view({"get": "device_info"})),
]
