"""Where providers send their webhooks: kept first, then answered, and looked at later."""

import logging
import os

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import Counter
from rest_framework.exceptions import MethodNotAllowed

from cloudpilot.metrics import registry
from payments.errors import WebhookForged, WebhookNotConfigured, WebhookUnreadable
from payments.gateways.base import Delivery
from payments.gateways.errors import BadSignature, BadWebhook
from payments.webhooks import inbox, senders
from payments.webhooks.senders import Sender

log = logging.getLogger("cloudpilot.webhooks")

_outcomes = Counter(
    "cloudpilot_webhooks",
    "Webhooks answered by this process.",
    ["process", "provider", "outcome"],
    registry=registry,
)


@csrf_exempt
def receive_webhook(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """Keep a webhook and answer 200; whoever sends it need not wait for what follows from it."""
    if request.method != "POST":
        raise MethodNotAllowed(str(request.method))
    sender = senders.find(provider, token)
    if sender is None:
        raise Http404
    delivery = Delivery(
        headers={name.lower(): value for name, value in request.headers.items()},
        # PostgreSQL's JSON has no such character, and no provider sends it.
        query={
            name: value for name, value in request.GET.dict().items() if "\0" not in name + value
        },
        body=request.body,
    )
    _demand_signature(sender, delivery)
    try:
        inbox.receive(sender, delivery)
    except BadWebhook as exc:
        _count(sender, "unreadable")
        raise WebhookUnreadable("The webhook cannot be read.") from exc
    _count(sender, "kept")
    return HttpResponse(b'{"received": true}', content_type="application/json")


def _demand_signature(sender: Sender, delivery: Delivery) -> None:
    """Refuse what the provider did not sign. Of that nothing is kept but a number."""
    try:
        sender.check(delivery)
    except BadSignature as exc:
        _count(sender, exc.code)
        fields = {"provider": sender.provider, "credentials": sender.credentials}
        if exc.code == "misconfigured":
            log.error("Webhooks cannot be checked: no secret is set", extra={"fields": fields})
            raise WebhookNotConfigured("The secret of these webhooks is not set.") from exc
        log.warning("A webhook was not signed by its provider", extra={"fields": fields})
        raise WebhookForged("The signature is not the provider's.") from exc


def _count(sender: Sender, outcome: str) -> None:
    _outcomes.labels(str(os.getpid()), sender.provider, outcome).inc()
