from django.urls import path

from hotspot.portal.views import PackagesView, VoucherCheckView

urlpatterns = [
    path("packages/", PackagesView.as_view()),
    path("vouchers/check/", VoucherCheckView.as_view()),
]
