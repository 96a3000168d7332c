"""The platform's own company, to which belongs what its master key makes."""

from typing import Any

from django.db import transaction

from networks.callers import sees_all
from networks.models import Platform
from users.models import Company

_NAME = "CloudPilot"


def own_company() -> Company:
    """Return the platform's company; the first caller makes it."""
    found = Platform.objects.select_related("company").filter(pk=Platform.ONLY).first()
    return found.company if found else _make()


def _make() -> Company:
    with transaction.atomic():
        # Of two at once the second waits here for the first, and finds what it made.
        company = Company.objects.create(name=_NAME)
        row, is_new = Platform.objects.get_or_create(
            pk=Platform.ONLY, defaults={"company": company}
        )
        if not is_new:
            company.delete()
    return row.company


def company_for(caller: Any) -> Company | None:
    """Return the company of what a caller makes who names none; None if there is none to take."""
    personal = getattr(caller, "personal_company", None)
    return personal or (own_company() if sees_all(caller) else None)
