"""Lists are bare JSON arrays; `Link` leads on, `X-Total-Count` counts when asked (contract.md)."""

from collections.abc import Sequence
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from cloudpilot.serializers import MAX_ROW_ID, is_row_id

MAX_LIMIT = 1000

_PARAMETERS = (
    (
        "limit",
        {"type": "integer", "minimum": 1, "default": MAX_LIMIT},
        "Rows a page, at most 1000.",
    ),
    (
        "cursor",
        {"type": "integer", "minimum": 1, "maximum": MAX_ROW_ID},
        "Start after this row: follow `Link: rel=next`.",
    ),
    ("count", {"type": "boolean"}, "`true` adds the header X-Total-Count."),
)


class KeysetPagination(BasePagination):
    """Newest first, in pages that stay right while rows come and go and cost the same at any depth.

    The cursor is the id of the last row of the page before.
    """

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        limit = min(_whole_number(request, "limit", MAX_LIMIT), MAX_LIMIT)
        cursor = _whole_number(request, "cursor", None)
        self.request = request
        self.total = queryset.count() if self.is_counted(request) else None

        rows = queryset.order_by("-pk")
        if cursor is not None:
            rows = rows.filter(pk__lt=cursor)
        found = list(rows[: limit + 1])
        self.last = _key(found[limit - 1]) if len(found) > limit else None
        return found[:limit]

    @staticmethod
    def is_counted(request: Request) -> bool:
        """Say whether the caller asks how many there are."""
        return _truth(request, "count")

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        headers = {}
        if self.last is not None:
            url = replace_query_param(self.request.build_absolute_uri(), "cursor", self.last)
            headers["Link"] = f'<{url}>; rel="next"'
        if self.total is not None:
            headers["X-Total-Count"] = str(self.total)
        return Response(data, headers=headers)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
            for name, schema, text in _PARAMETERS
        ]


def _key(row: Any) -> int:
    """Return the id of a row, which hot lists have as plain values."""
    key: int = row["id"] if isinstance(row, dict) else row.pk
    return key


def _whole_number(request: Request, name: str, default: Any) -> Any:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not is_row_id(text):
        raise ValidationError({name: ["Give a whole number of at least 1."]})
    return int(text)


def _truth(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise ValidationError({name: ["Give true or false."]})
    return text == "true"
