"""How the OpenAPI document describes this family's own credentials; imported by the app's config."""

from typing import Any, Final

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)

# For what also opens in another way.
BY_CHOICE: Final[Any] = [
    {},
    {"masterKey": []},
    {"nodeToken": []},
    {"accessToken": []},
    {"publicKey": [], "privateKey": []},
]


class MeshBody(OpenApiSerializerExtension):
    """Null is as good as absent in a body: see `fields.MeshSerializer`."""

    target_class = "networks.fields.MeshSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        if direction == "request":
            needed = schema.get("required", ())
            for name, of_field in schema.get("properties", {}).items():
                if name not in needed:
                    schema["properties"][name] = _or_null(of_field)
        return schema


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "type" in schema and "enum" not in schema:
        return {**schema, "nullable": True}
    return {"anyOf": [schema, {"enum": [None]}]}


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

    def get_security_requirement(self, auto_schema: Any) -> Any:
        """Name it only where a node may go."""
        view = auto_schema.view
        act = getattr(view, "action", None) or auto_schema.method.lower()
        is_for_nodes = act in getattr(view, "for_nodes", ())
        return super().get_security_requirement(auto_schema) if is_for_nodes else None

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "What `/api/nodes/adm/{netid}/authenticate/` answers a node.",
        }
