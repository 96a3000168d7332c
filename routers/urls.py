from django.urls import path

from cloudpilot.api import LIST_ACTS, ROW_ACTS
from routers.bulk.views import BulkCommandViewSet, BulkResultViewSet
from routers.fleet.views import RouterEventViewSet, RouterHistoryViewSet
from routers.imports.views import RouterImportRowViewSet, RouterImportViewSet
from routers.key_views import RouterKeyViewSet
from routers.reconcile.views import DesiredStateViewSet
from routers.views import RouterViewSet

_keys = "<int:router_pk>/api-keys/"
_command = "commands/<str:public_id>/"
_import = "imports/<str:public_id>/"

urlpatterns = [
    path("", RouterViewSet.as_view(LIST_ACTS)),
    path("<int:pk>/", RouterViewSet.as_view(ROW_ACTS)),
    path("<int:pk>/test-connection/", RouterViewSet.as_view({"post": "check"})),
    path("<int:pk>/execute-command/", RouterViewSet.as_view({"post": "execute"})),
    path("<int:pk>/device-info/", RouterViewSet.as_view({"get": "device_info"})),
    path("<int:router_pk>/events/", RouterEventViewSet.as_view({"get": "list"})),
    path("<int:router_pk>/history/", RouterHistoryViewSet.as_view({"get": "points"})),
    path("<int:pk>/plan/", DesiredStateViewSet.as_view({"get": "plan"})),
    path("<int:pk>/reconcile/", DesiredStateViewSet.as_view({"post": "reconcile"})),
    path(_keys, RouterKeyViewSet.as_view({"get": "list"})),
    path(f"{_keys}regenerate/", RouterKeyViewSet.as_view({"post": "regenerate"})),
    path(f"{_keys}status/", RouterKeyViewSet.as_view({"get": "status"})),
    path(f"{_keys}<str:key_id>/revoke/", RouterKeyViewSet.as_view({"post": "revoke"})),
    path("commands/", BulkCommandViewSet.as_view(LIST_ACTS)),
    path(_command, BulkCommandViewSet.as_view({"get": "retrieve"})),
    path(f"{_command}cancel/", BulkCommandViewSet.as_view({"post": "cancel"})),
    path(f"{_command}results/", BulkResultViewSet.as_view({"get": "list"})),
    path("imports/", RouterImportViewSet.as_view(LIST_ACTS)),
    path(_import, RouterImportViewSet.as_view({"get": "retrieve"})),
    path(f"{_import}rows/", RouterImportRowViewSet.as_view({"get": "list"})),
]
