"""How the OpenAPI document describes this family's own credentials; imported by the app's config."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class MasterKeyScheme(OpenApiAuthenticationExtension):
    target_class = "networks.authentication.MasterKeyAuthentication"
    name = "masterKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`MESH_MASTER_KEY`, if the installation has one.",
        }


class NodeTokenScheme(OpenApiAuthenticationExtension):
    target_class = "networks.authentication.NodeTokenAuthentication"
    name = "nodeToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "What `/api/nodes/adm/{netid}/authenticate/` answers a node.",
        }
