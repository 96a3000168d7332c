"""What operators do about payments: `/payments/…`."""

from typing import Any

from django.urls import path
from django.views.decorators.http import conditional_page

from payments.operators.views import PaymentViewSet, SummaryView


def _watched(view: Any) -> Any:
    """Answer 304, by `ETag`, where nothing has changed: dashboards ask every few seconds."""
    return conditional_page(view)


def _get(action: str) -> Any:
    return _watched(PaymentViewSet.as_view({"get": action}))


_payment = "<uuid:public_id>/"

urlpatterns = [
    path("", _get("list")),
    path("status/<str:status>/", _get("of_status")),
    path("method/<str:method>/", _get("of_method")),
    path("export.csv", PaymentViewSet.as_view({"get": "export"})),
    path("cash/", PaymentViewSet.as_view({"post": "take_cash"})),
    path("summary/", _watched(SummaryView.as_view())),
    path(_payment, _get("retrieve")),
    path(f"{_payment}refund/", PaymentViewSet.as_view({"post": "refund"})),
    path(f"{_payment}review/", PaymentViewSet.as_view({"post": "review"})),
]
