"""Who may see and do what: the one place that decides it.

A company owns everything; a user reaches its rows through a membership, which has a role.
"""

from typing import Any, Self

from django.db import models

from cloudpilot.errors import NotAllowed


class Role(models.TextChoices):
    """What a member may do: a viewer reads, an operator changes, an owner decides."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    OWNER = "owner"

    def covers(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


class RoleTooLow(NotAllowed):
    code = "role_too_low"


class OwnedQuerySet(models.QuerySet):
    """Rows that belong to a company; `company_field` is the column that says to which."""

    company_field = "company"

    def visible_to(self, user: Any) -> Self:
        """Keep the rows of the companies that `user` is a member of."""
        return self.filter(**{f"{self.company_field}__in": user.memberships.values("company")})


def role_in(user: Any, company_id: int) -> Role | None:
    """Return the user's role in a company, None for a stranger."""
    value = user.memberships.filter(company=company_id).values_list("role", flat=True).first()
    return Role(value) if value else None


def demand_role(user: Any, company_id: int, needed: Role) -> None:
    """Raise `RoleTooLow` unless the member's role covers `needed`."""
    role = role_in(user, company_id)
    if role is None or not role.covers(needed):
        raise RoleTooLow(f"This needs the role {needed} in the company.")
