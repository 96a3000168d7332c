"""Packages under the paths of the original, `/routers/…`."""

from django.urls import path

from cloudpilot.api import LIST_ACTS, ROW_ACTS
from hotspot.packages.views import PackageViewSet, RouterPackagesView

package_urls = [
    path("packages/", PackageViewSet.as_view(LIST_ACTS)),
    path("packages/<int:pk>/", PackageViewSet.as_view(ROW_ACTS)),
]

urlpatterns = [*package_urls, path("<int:router_pk>/packages/", RouterPackagesView.as_view())]
