from django.urls import path

from networks.onboarding.views import OnboardingViewSet

_node = "api/nodes/<str:netid>/<str:mac>/"

urlpatterns = [
    path(f"{_node}onboarding/", OnboardingViewSet.as_view({"get": "progress"})),
    path(f"{_node}account/", OnboardingViewSet.as_view({"post": "account"})),
    path(f"{_node}desired/", OnboardingViewSet.as_view({"get": "desired"})),
    path(f"{_node}desired.rsc/", OnboardingViewSet.as_view({"get": "script"})),
    path(f"{_node}report/", OnboardingViewSet.as_view({"post": "report"})),
]
