"""Base classes of the API's views: the error shape, the tenant filter, roles and pagination."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model
from django.shortcuts import get_object_or_404
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from cloudpilot.families import CLOUDPILOT, Family
from cloudpilot.problems import problem_of
from cloudpilot.tenancy import OwnedQuerySet, Role, demand_role

# Which method is which act of a viewset: on a list of rows, and on one row.
LIST_ACTS: dict[str, Any] = {"get": "list", "post": "create"}
ROW_ACTS: dict[str, Any] = {
    "get": "retrieve",
    "put": "update",
    "patch": "partial_update",
    "delete": "destroy",
}


class FamilyView(APIView):
    """A view of one API family; a family's own base class names it."""

    family: ClassVar[Family] = CLOUDPILOT
    # For the OpenAPI document: the group that it stands in; empty: the first part of its path.
    tag: ClassVar[str] = ""
    # For the OpenAPI document: whether a PUT takes what is to change and no more.
    put_is_partial = False
    # For the OpenAPI document: what an action (`*`: each) can be refused with besides the usual.
    error_statuses: ClassVar[dict[str, tuple[str, ...]]] = {}


def render_problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal in the view's family's shape, as JSON even where the view answers HTML.

    What nobody expected goes on up as a crash.
    """
    problem = problem_of(exc)
    if problem is None:
        return None
    set_rollback()
    context["request"].accepted_renderer = JSONRenderer()
    context["request"].accepted_media_type = JSONRenderer.media_type
    family = getattr(context["view"], "family", CLOUDPILOT)
    return Response(
        family.body(problem), status=family.status(problem), headers=dict(problem.headers)
    )


class RolePermission(BasePermission):
    """Let a member do what the role allows: see `CompanyViewMixin.minimum_role`."""

    def has_object_permission(self, request: Request, view: APIView, obj: Model) -> bool:
        role = getattr(view, "minimum_role", minimum_role)(request, view)
        if role is not Role.VIEWER:  # whoever sees a row is at least a viewer
            demand_role(request.user, obj.company_id, role)  # type: ignore[attr-defined]
        return True


def minimum_role(request: Request, view: APIView) -> Role:
    """Reading needs a viewer, the rest an operator, unless the action's own entry says otherwise."""
    roles: dict[str, Role] = getattr(view, "action_roles", {})
    default = Role.VIEWER if request.method in SAFE_METHODS else Role.OPERATOR
    return roles.get(getattr(view, "action", ""), default)


class CompanyViewMixin:
    """Show a view only rows of its caller's companies, so that all others are a 404."""

    permission_classes: Sequence[Any] = (IsAuthenticated, RolePermission)
    action_roles: ClassVar[dict[str, Role]] = {}

    def get_queryset(self) -> OwnedQuerySet:
        queryset: OwnedQuerySet = super().get_queryset()  # type: ignore[misc]
        return queryset.visible_to(self.request.user)  # type: ignore[attr-defined]


class EditMixin:
    """PUT and PATCH alike take what is to change (contract.md), on a row nobody else is changing."""

    put_is_partial = True

    def get_locked_object(self) -> Any:
        """Return the row that the path names, locked until the transaction ends; or a 404."""
        row = self.get_object()  # type: ignore[attr-defined]
        # Locked by its key alone: a lock on the filtered query would take the joins' rows too.
        return get_object_or_404(type(row)._default_manager.select_for_update(), pk=row.pk)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            row = self.get_locked_object()
            serializer = self.get_serializer(  # type: ignore[attr-defined]
                row, data=request.data, partial=True
            )
            serializer.is_valid(raise_exception=True)
            self.perform_update(serializer)
        return Response(serializer.data)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, **kwargs)

    def perform_update(self, serializer: Any) -> None:
        serializer.save()
