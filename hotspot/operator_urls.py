"""What operators do about the hotspot: `/hotspot/…`."""

from django.urls import path

from cloudpilot.api import LIST_ACTS
from hotspot.guests.views import KickView, LoginViewSet, SessionsView
from hotspot.packages.urls import package_urls
from hotspot.vouchers.views import BatchViewSet, VoucherViewSet

_voucher = "vouchers/<int:pk>/"
_batch = "vouchers/batches/<int:pk>/"

urlpatterns = [
    *package_urls,
    path("vouchers/", VoucherViewSet.as_view(LIST_ACTS)),
    path("vouchers/revoke/", VoucherViewSet.as_view({"post": "revoke_many"})),
    path(_voucher, VoucherViewSet.as_view({"get": "retrieve"})),
    *(
        path(f"{_voucher}{act.replace('_', '-')}/", VoucherViewSet.as_view({"post": act}))
        for act in ("revoke", "extend", "pause", "resume", "move", "new_code")
    ),
    path("vouchers/batches/", BatchViewSet.as_view(LIST_ACTS)),
    path(_batch, BatchViewSet.as_view({"get": "retrieve"})),
    path(f"{_batch}sheet.pdf", BatchViewSet.as_view({"get": "pdf"})),
    path(f"{_batch}sheet.csv", BatchViewSet.as_view({"get": "csv"})),
    path("sessions/", SessionsView.as_view()),
    path("sessions/kick/", KickView.as_view()),
    path("logins/", LoginViewSet.as_view({"get": "list"})),
]
