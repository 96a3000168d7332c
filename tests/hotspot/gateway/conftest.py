from dataclasses import dataclass

import pytest

from hotspot.models import GuestGateway
from tests.factories import GuestGatewayFactory


@dataclass
class Desk:
    """A third party's program: it knows a gateway's key, and nothing else of ours."""

    client: object
    gateway: GuestGateway
    key: str

    def post(self, action, path="/api/", **sent):
        body = {"api-key": self.key, "action": action, **sent}
        return self.client.post(path, body, format="json")

    def get(self, action, path="/api/", **sent):
        return self.client.get(path, {"api-key": self.key, "action": action, **sent})

    def set(self, **fields):
        for name, value in fields.items():
            setattr(self.gateway, name, value)
        self.gateway.save()


@pytest.fixture
def desk(anonymous, router):
    """A desk at the operator's router, with both methods open to it."""
    gateway = GuestGatewayFactory(router=router)
    key = gateway.rotate_key()
    gateway.save()
    return Desk(anonymous, gateway, key)
