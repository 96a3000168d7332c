from django.urls import path
from django.views.decorators.http import conditional_page

from payments.portal.views import ConfigView, LookupView, PurchasesView, PurchaseView

urlpatterns = [
    path("config/", ConfigView.as_view()),
    path("purchases/", PurchasesView.as_view()),
    path("purchases/lookup/", LookupView.as_view()),
    # Pages ask every few seconds: what they have seen is not sent again.
    path("purchases/<str:receipt>/", conditional_page(PurchaseView.as_view())),
]
