"""How the OpenAPI document describes a router's key; imported once, by the app's config."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class RouterKeyScheme(OpenApiAuthenticationExtension):
    target_class = "routers.authentication.RouterKeyAuthentication"
    name = "routerKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "`jwt_…`, also accepted as `Authorization: Bearer jwt_…`.",
        }
