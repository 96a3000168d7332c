"""Packages under the paths of the original, `/routers/…`."""

from typing import Any

from django.urls import path

from hotspot.packages.views import PackageViewSet, RouterPackagesView

_list: dict[str, Any] = {"get": "list", "post": "create"}
_one: dict[str, Any] = {
    "get": "retrieve",
    "put": "update",
    "patch": "partial_update",
    "delete": "destroy",
}

package_urls = [
    path("packages/", PackageViewSet.as_view(_list)),
    path("packages/<int:pk>/", PackageViewSet.as_view(_one)),
]

urlpatterns = [*package_urls, path("<int:router_pk>/packages/", RouterPackagesView.as_view())]
