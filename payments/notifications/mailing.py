"""E-mail: plain text by Django's mail, to the server that EMAIL_URL names."""

from collections.abc import Sequence
from smtplib import SMTPException, SMTPRecipientsRefused

from django.core.mail import EmailMessage

from payments.notifications.errors import NotDelivered
from payments.notifications.wording import Told

# What robots write, no robot answers: RFC 3834.
_HEADERS = {"Auto-Submitted": "auto-generated"}


def send(addresses: Sequence[str], told: Told) -> None:
    """Write to mailboxes. Raises `NotDelivered` if none of them could be written to."""
    body = "\n".join((told.subject, "", *told.lines, ""))
    message = EmailMessage(told.subject, body, to=list(addresses), headers=_HEADERS)
    try:
        message.send()
    except SMTPRecipientsRefused:
        code = "address_refused"
    except (SMTPException, OSError):
        code = "mail_server_away"
    else:
        return
    raise NotDelivered(code)
