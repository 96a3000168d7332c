"""What drf-spectacular cannot know of itself: our error bodies, and what they look like."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

_ERROR_SCHEMA = {
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
}

_EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "400": (
        "The request is not valid.",
        {"error": "port: Ensure this value is less than or equal to 65535.", "code": "invalid",
         "fields": {"port": ["Ensure this value is less than or equal to 65535."]}},
    ),
    "401": (
        "No credential, or one that is broken, expired or revoked.",
        {"error": "Authentication credentials were not provided or are invalid",
         "code": "not_authenticated"},
    ),
    "403": (
        "The credential is good, but its role or kind may not do this.",
        {"error": "This needs the role operator in the company.", "code": "role_too_low"},
    ),
    "404": (
        "There is no such object, or it is another company's.",
        {"error": "Resource not found", "code": "not_found"},
    ),
    "409": (
        "The object's state does not allow this.",
        {"error": "The last owner cannot leave.", "code": "last_owner"},
    ),
    "413": ("The body is too large.", {"error": "The body is too large.", "code": "too_large"}),
    "415": (
        "The body's content type is not one that is read here.",
        {"error": "Send the body as application/json.", "code": "unsupported_media_type"},
    ),
    "422": (
        "The Idempotency-Key was used with another request.",
        {"error": "This Idempotency-Key was used with another request.",
         "code": "idempotency_key_reused"},
    ),
    "429": (
        "A limit is reached; `Retry-After` says for how long.",
        {"error": "Too many requests; try again later.", "code": "too_many_requests"},
    ),
    "503": (
        "The router did not answer.",
        {"error": "The router did not answer in time.", "code": "router_unreachable",
         "reason": "timeout"},
    ),
}  # fmt: skip


class Schema(AutoSchema):
    """Lets a view name further error statuses: `error_statuses = {"create": ("409",)}`."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            named = getattr(self.view, "error_statuses", {})
            action = getattr(self.view, "action", None) or self.method.lower()
            operation["x-errors"] = [*named.get(action, ()), *named.get("*", ())]
        return operation


def add_error_responses(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """Give every operation the refusals that it can answer, each with an example."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = _ERROR_SCHEMA
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status in _statuses(path, operation):
                operation["responses"].setdefault(status, _response(status))
    return result


def _statuses(path: str, operation: dict[str, Any]) -> list[str]:
    statuses = ["400", *operation.pop("x-errors", ())]
    if any(operation.get("security", [])):
        statuses += ["401", "403"]
    if "{" in path:
        statuses.append("404")
    if "requestBody" in operation:
        statuses += ["413", "415"]
    return sorted(statuses)


def _response(status: str) -> dict[str, Any]:
    description, example = _EXAMPLES[status]
    return {
        "description": description,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "example": example,
            }
        },
    }
