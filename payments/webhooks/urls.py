from django.urls import path

from payments.webhooks.views import receive_webhook

urlpatterns = [path("<str:provider>/<str:token>/", receive_webhook, name="webhook")]
