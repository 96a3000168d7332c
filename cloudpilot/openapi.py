"""What drf-spectacular cannot know of itself: our error bodies, and what they look like."""

import copy
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import Serializer

from cloudpilot.families import Family, family_of
from cloudpilot.problems import UNAUTHENTICATED, UNKNOWN_PATH, Problem, invalid
from cloudpilot.serializers import StrictSerializer

# The body of a refusal, by API family: its component's name, and its schema.
_BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "cloudpilot": (
        "Error",
        {
            "type": "object",
            "description": "Every refusal. `error` is for people, `code` for programs.",
            "properties": {
                "error": {"type": "string"},
                "code": {"type": "string"},
                "fields": {
                    "type": "object",
                    "description": "What is wrong with which field of the request.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
            "required": ["error", "code"],
        },
    ),
    "empresas": (
        "EmpresasError",
        {
            "type": "object",
            "description": "Every refusal of this family.",
            "properties": {"detail": {"type": "string"}},
            "required": ["detail"],
        },
    ),
    "mesh": (
        "MeshError",
        {
            "type": "object",
            "description": "Every refusal of this family.",
            "properties": {
                "Code": {"type": "integer", "description": "The status."},
                "Message": {"type": "string"},
                "errors": {
                    "type": "object",
                    "description": "What is wrong with which field of the request.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
            "required": ["Code", "Message"],
        },
    ),
    "guest gateway": (
        "GuestGatewayError",
        {
            "type": "object",
            "description": "Every refusal of this family.",
            "properties": {
                "message": {"type": "string", "description": "One of the page's messages."},
                "error": {"type": "boolean", "enum": [True]},
                "detail": {"type": "string", "description": "What `An error occurred` means."},
            },
            "required": ["message", "error"],
        },
    ),
}

# What each status says, and a problem that has it; the family gives the example its body.
_REFUSALS: dict[str, tuple[str, Problem]] = {
    "400": (
        "The request is not valid.",
        invalid({"port": ["Ensure this value is less than or equal to 65535."]}),
    ),
    "401": (
        "No credential, or one that is broken, expired or revoked.",
        Problem(401, "not_authenticated", UNAUTHENTICATED),
    ),
    "403": (
        "The credential is good, but its role or kind may not do this.",
        Problem(403, "role_too_low", "This needs the role operator in the company."),
    ),
    "404": ("There is no such object, or it is another company's.", UNKNOWN_PATH),
    "409": (
        "The object's state does not allow this.",
        Problem(409, "last_owner", "The last owner cannot leave."),
    ),
    "413": (
        "The body is too large.", Problem(413, "too_large", "The body is too large."),
    ),
    "415": (
        "The body's content type is not one that is read here.",
        Problem(415, "unsupported_media_type", "Send the body as application/json."),
    ),
    "422": (
        "The Idempotency-Key was used with another request.",
        Problem(
            422, "idempotency_key_reused", "This Idempotency-Key was used with another request."
        ),
    ),
    "429": (
        "A limit is reached; `Retry-After` says for how long.",
        Problem(429, "too_many_requests", "Too many requests; try again later."),
    ),
    "503": (
        "The router did not answer.",
        Problem(
            503, "router_unreachable", "The router did not answer in time.",
            extra={"reason": "timeout"},
        ),
    ),
}  # fmt: skip


def error_with(**types: str) -> dict[str, Any]:
    """Return the schema of a refusal that can say more: `error_with(router_id="integer")`."""
    more = {name: {"type": kind} for name, kind in types.items()}
    error = {"$ref": "#/components/schemas/Error"}
    return {"allOf": [error, {"type": "object", "properties": more}]}


# Headers of some answers; the refusals' own stand in `_REFUSAL_HEADERS`.
_LIST_HEADERS = [
    OpenApiParameter(
        "Link",
        str,
        OpenApiParameter.HEADER,
        response=["200"],
        description='Where the list goes on: `<url>; rel="next"`. Absent at its end.',
    ),
    OpenApiParameter(
        "X-Total-Count",
        int,
        OpenApiParameter.HEADER,
        response=["200"],
        description="How many rows there are in all, if `count=true` asked for it.",
    ),
]
_IDEMPOTENCY = [
    OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        OpenApiParameter.HEADER,
        description="A request sent again with its key is answered again, and carried out once.",
    ),
    OpenApiParameter(
        "Idempotency-Replayed",
        str,
        OpenApiParameter.HEADER,
        response=["200", "201", "202"],
        description="`true` if this is the first answer again; what it showed once is null.",
    ),
]
_REFUSAL_HEADERS = {
    "401": {
        "WWW-Authenticate": {
            "schema": {"type": "string"},
            "description": "How to say who you are.",
        }
    },
    "429": {
        "Retry-After": {
            "schema": {"type": "integer", "minimum": 1},
            "description": "Seconds until there is room again.",
        }
    },
}

_SUMMARIES = {
    "list": "List the {many}",
    "create": "Add {a} {one}",
    "retrieve": "Show the {one}",
    "update": "Change the {one}",
    "partial_update": "Change the {one}",
    "destroy": "Delete the {one}",
}


class Schema(AutoSchema):
    """Says of our views what they have in common; see also `FamilyView.error_statuses`."""

    @property
    def _act(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    @property
    def _is_idempotent(self) -> bool:
        return hasattr(getattr(self.view, self._act, None), "takes_idempotency_key")

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            named = getattr(self.view, "error_statuses", {})
            operation["x-errors"] = [*named.get(self._act, ()), *named.get("*", ())]
            if self._is_idempotent:
                operation["x-errors"] += ["413", "415", "422"]
        return operation

    def get_summary(self) -> str | None:
        model = getattr(getattr(self.view, "queryset", None), "model", None)
        if model and self._act in _SUMMARIES:
            one, many = model._meta.verbose_name, model._meta.verbose_name_plural
            article = "an" if one[0] in "aeio" else "a"
            return _SUMMARIES[self._act].format(a=article, one=one, many=many)
        return str(self.get_description()).partition(".")[0]

    def get_tags(self) -> list[str]:
        tag = getattr(self.view, "tag", "")
        return [tag] if tag else super().get_tags()

    def _get_pagination_parameters(self) -> list[Any]:
        # A list that answers something else, such as what a deletion left, is always whole.
        return super()._get_pagination_parameters() if self.method == "GET" else []

    def get_override_parameters(self) -> list[Any]:
        if self._is_idempotent:
            return _IDEMPOTENCY
        return _LIST_HEADERS if self._act == "list" else []

    def map_parsers(self) -> list[str]:
        # Forms are read too, for old clients' sake; JSON is what we tell people to send.
        return ["application/json"]

    def _get_request_for_media_type(self, serializer: Any, *args: Any) -> Any:
        """Show the body of a PUT as it is: what is to change, and no more."""
        if self.method == "PUT" and getattr(self.view, "put_is_partial", False):
            serializer = copy.copy(force_instance(serializer))
            serializer.partial = True
        return super()._get_request_for_media_type(serializer, *args)

    def _map_basic_serializer(self, serializer: Serializer, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        for of_field in schema.get("properties", {}).values():
            if {"type": "string", "maxLength": 0} in of_field.get("oneOf", ()):
                # An empty string is of any format too, if formats are not checked: one or both.
                of_field["anyOf"] = of_field.pop("oneOf")
        return schema


def add_error_responses(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """Give every operation the refusals that it can answer, in its family's shape."""
    result.setdefault("components", {}).setdefault("schemas", {}).update(_BODIES.values())
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status in _statuses(path, operation):
                operation["responses"].setdefault(status, _response(status, family_of(path)))
    return result


def _statuses(path: str, operation: dict[str, Any]) -> list[str]:
    statuses = [*operation.pop("x-errors", ())]
    if "requestBody" in operation or "parameters" in operation:
        statuses.append("400")
    security = operation.get("security", [])
    if any(security):
        statuses += ["401", "403"]
    if {"masterKey": []} in security:
        statuses.append("429")  # guesses at it are limited wherever it opens
    if "{" in path:
        statuses.append("404")
    if "requestBody" in operation:
        statuses += ["413", "415"]
    return sorted(statuses)


def _response(status: str, family: Family) -> dict[str, Any]:
    description, problem = _REFUSALS[status]
    component, _ = _BODIES[family.name]
    response = {
        "description": description,
        "content": {
            "application/json": {
                "schema": {"$ref": f"#/components/schemas/{component}"},
                "example": family.body(problem),
            }
        },
    }
    if status in _REFUSAL_HEADERS:
        response["headers"] = _REFUSAL_HEADERS[status]
    return response
