from django.urls import path

from payments.portal.views import ConfigView, LookupView, PurchasesView, PurchaseView

urlpatterns = [
    path("config/", ConfigView.as_view()),
    path("purchases/", PurchasesView.as_view()),
    path("purchases/lookup/", LookupView.as_view()),
    path("purchases/<str:receipt>/", PurchaseView.as_view()),
]
