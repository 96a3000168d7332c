from django.urls import path

from hotspot.portal.views import ConfigView, PackagesView, VoucherCheckView

urlpatterns = [
    path("config/", ConfigView.as_view()),
    path("packages/", PackagesView.as_view()),
    path("vouchers/check/", VoucherCheckView.as_view()),
]
