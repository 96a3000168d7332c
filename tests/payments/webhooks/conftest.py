import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.factories import CredentialsFactory

WEBHOOK_KEY = "key-of-the-webhooks"


@dataclass
class Sender:
    """Kopo Kopo's side of an account: it signs what it sends, and knows where to."""

    client: object
    credentials: object
    key: str = WEBHOOK_KEY

    @property
    def path(self):
        return f"/payments/webhooks/kopokopo/{self.credentials.webhook_token}/"

    def sign(self, body):
        return hmac.digest(self.key.encode(), body, "sha256").hex()

    def send(self, body, signature=None, **headers):
        """Send a body, or an event; signed unless another `signature`, or "" for none, is given."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = self.sign(raw) if signature is None else signature
        if signed:
            headers["HTTP_X_KOPOKOPO_SIGNATURE"] = signed
        return self.client.post(self.path, raw, content_type="application/json", **headers)


def received(number=1, receipt="OJM6Q1W84K", topic="buygoods_transaction_received"):
    """Return an event as Kopo Kopo tells of money in a till."""
    resource = {"id": f"458712f-{number}", "amount": "50.0", "reference": receipt}
    return {
        "topic": topic,
        "id": f"2133dbfb-{number}",
        "event": {"type": "Buygoods Transaction", "resource": resource},
    }


def deliver(client, providers, forged=None):
    """Send us what waits at the providers; returns the statuses that we answered."""
    statuses = []
    for webhook in providers.webhooks.queued:
        message = providers.webhooks.message(webhook, forged)
        address = urlsplit(message.url)
        headers = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in message.headers.items()
            if name != "Content-Type"
        }
        path = f"{address.path}?{address.query}"
        kind = "application/json"
        answer = client.post(path, message.body, content_type=kind, **headers)
        statuses.append(answer.status_code)
    return statuses


@pytest.fixture
def credentials(operator):
    extra = {"till_number": "K123456", "webhook_key": WEBHOOK_KEY}
    return CredentialsFactory(owner=operator, keys={"extra": extra})


@pytest.fixture
def sender(anonymous, credentials):
    return Sender(anonymous, credentials)
