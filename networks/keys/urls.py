from django.urls import path

from networks.keys.views import AccessKeyViewSet

urlpatterns = [
    path(
        "api/networks/<str:netid>/keys/",
        AccessKeyViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "api/networks/<str:netid>/keys/<str:name>/",
        AccessKeyViewSet.as_view({"delete": "destroy"}),
    ),
]
