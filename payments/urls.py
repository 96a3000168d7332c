from django.urls import include, path

urlpatterns = [
    path("webhooks/", include("payments.webhooks.urls")),
    path("", include("payments.operators.urls")),
    path("credentials/", include("payments.credentials.urls")),
]
