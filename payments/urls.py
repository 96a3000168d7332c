from django.urls import include, path

urlpatterns = [
    path("credentials/", include("payments.credentials.urls")),
    path("webhooks/", include("payments.webhooks.urls")),
    path("", include("payments.operators.urls")),
]
