from typing import Any

from django.urls import path

from cloudpilot.api import LIST_ACTS, ROW_ACTS
from payments.credentials.views import CredentialsViewSet, PrivateKeyView

_private_key: dict[str, Any] = {"get": "retrieve", "post": "create"}


def _act(action: str, verb: str = "post") -> Any:
    return CredentialsViewSet.as_view({verb: action})


urlpatterns = [
    path("", CredentialsViewSet.as_view(LIST_ACTS)),
    path("<int:pk>/", CredentialsViewSet.as_view(ROW_ACTS)),
    path("<int:pk>/update-private-key/", _act("update_private_key")),
    path("<int:pk>/verify/", _act("verify")),
    path("<int:pk>/get-private-key/", PrivateKeyView.as_view(_private_key)),
    path("<int:pk>/toggle/", _act("toggle")),
    path("<int:pk>/toggle-status/", _act("toggle")),  # what the documents of the original say
    path("provider/<str:provider>/", _act("of_provider", "get")),
]
