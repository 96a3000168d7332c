"""The audit trail: one row for each act that changes who may do what, or with which secret."""

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.request import Request

from cloudpilot.clients import client_address
from cloudpilot.logs import current_request_id
from cloudpilot.models import AuditEvent


def record(
    request: Request,
    action: str,
    subject: object,
    *,
    company: str = "",
    actor: Any = None,
    **details: Any,
) -> None:
    """Note that the caller (or `actor`) did `action` to `subject`; `details` hold no secret.

    Call it in the transaction of the act: both are stored, or neither is. A caller who is no user
    of ours has a `username` all the same.
    """
    actor = actor or request.user
    AuditEvent.objects.create(
        actor=actor if isinstance(actor, get_user_model()) else None,
        actor_name=actor.username[:150],
        company=company,
        address=client_address(request._request)[:45],
        request_id=current_request_id(),
        action=action,
        subject=str(subject)[:200],
        details=details,
    )
