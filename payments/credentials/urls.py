from typing import Any

from django.urls import path

from payments.credentials.views import CredentialsViewSet, PrivateKeyView

_list: dict[str, Any] = {"get": "list", "post": "create"}
_one: dict[str, Any] = {
    "get": "retrieve",
    "put": "update",
    "patch": "partial_update",
    "delete": "destroy",
}
_private_key: dict[str, Any] = {"get": "retrieve", "post": "create"}


def _act(action: str, verb: str = "post") -> Any:
    return CredentialsViewSet.as_view({verb: action})


urlpatterns = [
    path("", CredentialsViewSet.as_view(_list)),
    path("<int:pk>/", CredentialsViewSet.as_view(_one)),
    path("<int:pk>/update-private-key/", _act("update_private_key")),
    path("<int:pk>/verify/", _act("verify")),
    path("<int:pk>/get-private-key/", PrivateKeyView.as_view(_private_key)),
    path("<int:pk>/toggle/", _act("toggle")),
    path("<int:pk>/toggle-status/", _act("toggle")),  # what the documents of the original say
    path("provider/<str:provider>/", _act("of_provider", "get")),
]
