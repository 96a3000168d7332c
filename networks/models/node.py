from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from networks.models.network import Network
from networks.querysets import NodeQuerySet
from routers.models import Router


class Node(models.Model):
    """A device in a network: one of our routers, or a plain peer that is configured by hand.

    Its private key is its own; we know the public half.
    """

    class Sync(models.TextChoices):
        """How far the device is from what it should hold."""

        UNMANAGED = "unmanaged"  # no router of ours: nobody but its owner configures it
        PENDING = "pending"
        OK = "ok"
        ERROR = "error"

    network = models.ForeignKey(Network, models.CASCADE, related_name="nodes")
    router = models.ForeignKey(Router, models.SET_NULL, null=True, blank=True, related_name="nodes")
    mac_address = models.CharField(max_length=17, help_text="in lower case, with colons")
    name = models.CharField(max_length=32)
    tags = models.JSONField(default=list)
    is_hub = models.BooleanField(default=False, help_text="all others reach each other by it")
    is_host = models.BooleanField(
        default=False, help_text="CloudPilot's own host: `run_hub` brings it up"
    )
    is_pending = models.BooleanField(default=False, help_text="waits for somebody's approval")
    expires_at = models.DateTimeField(null=True, db_index=True)
    expiry_told = models.DateTimeField(
        null=True, editable=False, help_text="which end of it others were last told of"
    )

    address = models.GenericIPAddressField()
    address6 = models.GenericIPAddressField(null=True)
    endpoint = models.CharField(
        max_length=253, blank=True, help_text="where others reach it; empty behind NAT"
    )
    local_address = models.CharField(max_length=39, blank=True)
    listen_port = models.PositiveIntegerField(
        validators=[MinValueValidator(1024), MaxValueValidator(65535)]
    )
    interface = models.CharField(max_length=15)
    keepalive = models.PositiveIntegerField(validators=[MaxValueValidator(1000)])
    mtu = models.PositiveIntegerField(
        null=True,
        validators=[MinValueValidator(1280), MaxValueValidator(9000)],
        help_text="null: the network's",
    )
    allowed_addresses = models.JSONField(
        default=list, help_text="more ranges that are reached at this node, as texts"
    )
    check_in_interval = models.PositiveIntegerField(null=True, help_text="null: the network's")
    post_up = models.CharField(max_length=1000, blank=True)
    post_down = models.CharField(max_length=1000, blank=True)
    save_config = models.BooleanField(default=True)

    public_key = models.CharField(
        max_length=100, blank=True, help_text="empty until the device has made one"
    )
    has_valid_key = models.BooleanField(
        default=False, editable=False, help_text="so that it is anybody's peer"
    )
    key_updated_at = models.DateTimeField(default=timezone.now, editable=False)
    key_update_asked_at = models.DateTimeField(
        null=True, editable=False, help_text="when a new key was last asked of it"
    )

    password = models.CharField(max_length=128, blank=True, editable=False)
    credential_number = models.PositiveIntegerField(
        default=1, editable=False, help_text="of what its tokens are bound to: a new one ends them"
    )

    sync_state = models.CharField(max_length=9, choices=Sync.choices, default=Sync.UNMANAGED)
    sync_error = models.CharField(max_length=500, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)
    last_check_in_at = models.DateTimeField(null=True, editable=False)
    last_peer_update_at = models.DateTimeField(null=True, editable=False)

    seen_version = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="of the network's own settings"
    )
    seen_nodes_version = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="of the network's nodes"
    )

    # What was seen, by the device or by the hub.
    last_handshake_at = models.DateTimeField(null=True, editable=False)
    rx_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    tx_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    observed_endpoint = models.CharField(max_length=60, blank=True, editable=False)
    looked_at = models.DateTimeField(
        null=True, editable=False, help_text="when its router was last asked what is there"
    )
    subnets = models.JSONField(
        default=list, editable=False, help_text="that its router is in without this network's help"
    )

    objects = NodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "mac_address"], name="one_node_a_device"),
            models.UniqueConstraint(fields=["network", "address"], name="one_node_an_address"),
            models.UniqueConstraint(fields=["network", "address6"], name="one_node_an_address6"),
            models.UniqueConstraint(
                fields=["network", "router"],
                condition=models.Q(router__isnull=False),
                name="one_node_a_router",
            ),
            models.UniqueConstraint(
                fields=["router", "listen_port"],
                condition=models.Q(router__isnull=False),
                name="one_network_a_port",
            ),
            models.UniqueConstraint(
                fields=["network"],
                condition=models.Q(is_host=True),
                name="host_is_one_node_a_network",
            ),
            models.UniqueConstraint(
                fields=["network"],
                condition=models.Q(is_hub=True),
                name="one_hub_a_network",
            ),
            models.UniqueConstraint(
                fields=["listen_port"],
                condition=models.Q(is_host=True),
                name="host_has_one_network_a_port",
            ),
            models.CheckConstraint(
                condition=models.Q(is_host=False) | models.Q(router=None),
                name="host_is_no_router",
            ),
            models.UniqueConstraint(
                fields=["network", "public_key"],
                condition=models.Q(has_valid_key=True),
                name="one_node_a_public_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.mac_address})"

    @property
    def company_id(self) -> int:
        """A node is its network's company's, also where the router is another's by now."""
        return self.network.company_id

    @property
    def needs_key_update(self) -> bool:
        asked = self.key_update_asked_at
        return asked is not None and self.key_updated_at < asked

    def has_expired(self, moment: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= moment

    def set_password(self, password: str) -> None:
        """Take a new password, which ends the tokens that the old one gave."""
        self.password = make_password(password)
        self.credential_number += 1

    def has_password(self, password: str) -> bool:
        return bool(self.password) and check_password(password, self.password)
