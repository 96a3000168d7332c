from django.urls import path

from routers.empresas import views

_empresa = views.EmpresaViewSet.as_view
_router = views.EmpresaRouterViewSet.as_view
_key = views.EmpresaKeyViewSet.as_view

_routers = "<str:empresa_id>/routers"
_one = f"{_routers}/<str:router_id>"

# As on the page, with no trailing slash; both forms answer.
urlpatterns = [
    path("", _empresa({"get": "list", "post": "create"})),
    path("<str:empresa_id>", _empresa({"get": "retrieve", "put": "update"})),
    path(_routers, _router({"get": "list", "post": "create"})),
    path(_one, _router({"get": "retrieve", "delete": "destroy"})),
    path(f"{_one}/toggle-activo", _router({"put": "toggle"})),
    path(f"{_one}/regenerate-api-key", _router({"post": "regenerate"})),
    path(f"{_one}/api-keys", _key({"get": "list"})),
    path(f"{_one}/api-keys/<str:key_id>/revoke", _key({"post": "revoke"})),
    path(f"{_one}/api-key-status", _router({"get": "key_status"})),
]
