from django.urls import path

from cloudpilot.api import LIST_ACTS
from users import views

_company = "companies/<str:public_id>/"
_members = "companies/<str:company_id>/members/"

urlpatterns = [
    path("register/", views.RegisterView.as_view()),
    path("login/", views.LoginView.as_view()),
    path("api-key-login/", views.KeyLoginView.as_view()),
    path("token/refresh/", views.RefreshView.as_view()),
    path("logout/", views.LogoutView.as_view()),
    path("password/", views.PasswordView.as_view()),
    path("profile/", views.ProfileView.as_view()),
    path("api-keys/", views.KeysView.as_view()),
    path("api-keys/<int:pk>/", views.KeyView.as_view({"delete": "destroy"})),
    path("generate-api-key/", views.GenerateKeyView.as_view()),
    path("rotate-api-keys/", views.RotateKeysView.as_view()),
    path("companies/", views.CompanyViewSet.as_view(LIST_ACTS)),
    path(_company, views.CompanyViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path(_members, views.MemberViewSet.as_view(LIST_ACTS)),
    path(
        f"{_members}<int:pk>/",
        views.MemberViewSet.as_view({"patch": "partial_update", "delete": "destroy"}),
    ),
]
