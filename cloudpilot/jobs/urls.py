from django.urls import path

from cloudpilot.jobs.views import JobViewSet

urlpatterns = [
    path("", JobViewSet.as_view({"get": "list"})),
    path("<str:public_id>/", JobViewSet.as_view({"get": "retrieve"})),
    path("<str:public_id>/cancel/", JobViewSet.as_view({"post": "cancel"})),
]
