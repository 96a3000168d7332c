from typing import Any

from django.urls import path

from users import views

_list: dict[str, Any] = {"get": "list", "post": "create"}
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
    path("companies/", views.CompanyViewSet.as_view(_list)),
    path(_company, views.CompanyViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path(_members, views.MemberViewSet.as_view(_list)),
    path(
        f"{_members}<int:pk>/",
        views.MemberViewSet.as_view({"patch": "partial_update", "delete": "destroy"}),
    ),
]
