import secrets

from django.db import models
from django.db.models import CASCADE, Q
from django.utils import timezone

from cloudpilot.crypto import digest, same
from cloudpilot.random_ids import checked_key
from hotspot.gateway.validity import DEFAULT, VALID_FOR
from routers.models import Router

_KEY_PREFIX = "cp_guest_"
_PURPOSE = "guest-gateway-key"


class GuestGateway(models.Model):
    """How third parties reach one router's vouchers and guests: which methods, which key, where.

    Of the key only a keyed digest is stored. Without a key nothing gets in.
    """

    router = models.OneToOneField(Router, CASCADE, related_name="guest_gateway")
    post_enabled = models.BooleanField(default=False)
    get_enabled = models.BooleanField(default=False, help_text="keys in URLs: on trusted networks")
    legacy_status = models.BooleanField(
        default=False, help_text="answer 200 to everything, refusals included"
    )
    valid_for_preset = models.CharField(
        max_length=10,
        choices=[(words, words) for words in VALID_FOR],
        default=DEFAULT,
        help_text="of vouchers that are made without valid_for",
    )
    label = models.CharField(max_length=10, unique=True, editable=False)
    key_digest = models.CharField(max_length=64, blank=True, editable=False)
    key_made_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key_digest"], condition=~Q(key_digest=""), name="one_gateway_a_key"
            ),
        ]

    def __str__(self) -> str:
        return f"guest gateway of router {self.router_id}"

    @property
    def is_open(self) -> bool:
        router = self.router
        is_enabled = self.post_enabled or self.get_enabled
        return is_enabled and router.is_active and router.company.is_active

    def allows(self, method: str) -> bool:
        return {"POST": self.post_enabled, "GET": self.get_enabled}.get(method, False)

    def has_key(self, key: str) -> bool:
        """Say whether `key` is this gateway's, in a time that tells nothing."""
        return same(self.key_digest, digest_of(key))

    def move(self) -> None:
        """Take a new random label, so that the cloud endpoint is elsewhere."""
        self.label = secrets.token_hex(5)

    def rotate_key(self) -> str:
        """Take a new key and return it, the only time that it is known; the old one is void."""
        key = checked_key(_KEY_PREFIX, 32)
        self.key_digest = digest_of(key)
        self.key_made_at = timezone.now()
        return key


def digest_of(key: str) -> str:
    """Return the digest under which a gateway's key is stored."""
    return digest(key, _PURPOSE)
