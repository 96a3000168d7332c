"""How the OpenAPI document describes our credentials; imported once, by the app's config."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class AccessTokenScheme(OpenApiAuthenticationExtension):
    target_class = "users.authentication.AccessTokenAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `access_token` that `/users/login/` answers.",
        }


class KeyPairScheme(OpenApiAuthenticationExtension):
    """Two headers that belong together: one requirement with both schemes."""

    target_class = "users.authentication.KeyPairAuthentication"
    name = ["publicKey", "privateKey"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "`cp_pub_…`"},
            {
                "type": "apiKey",
                "in": "header",
                "name": "X-Private-Key",
                "description": "`cp_sec_…`",
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[Any]]:
        return {name: [] for name in self.name}
