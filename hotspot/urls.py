from django.urls import path

from hotspot.portal import ConfigView

urlpatterns = [
    path("config/", ConfigView.as_view()),
]
