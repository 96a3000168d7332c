from django.urls import include, path

urlpatterns = [
    path("credentials/", include("payments.credentials.urls")),
    path("notifications/", include("payments.notifications.urls")),
    path("webhooks/", include("payments.webhooks.urls")),
    path("", include("payments.operators.urls")),
]
