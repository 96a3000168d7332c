from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from networks import addressing
from networks.addressing import Range
from networks.querysets import NetworkQuerySet
from users.models import Company


class Network(models.Model):
    """A mesh of a company: its addresses, and what its nodes have in common.

    `netid` is its name in paths and on routers, for good.
    """

    class Topology(models.TextChoices):
        """Whether every node is a peer of every other, or of the hub alone."""

        MESH = "mesh"
        HUB = "hub"

    company = models.ForeignKey(Company, models.PROTECT, related_name="networks")
    netid = models.CharField(max_length=12, unique=True)
    display_name = models.CharField(max_length=100, blank=True)
    topology = models.CharField(max_length=4, choices=Topology.choices, default=Topology.MESH)

    address_range = models.CharField(max_length=18)
    was_picked = models.BooleanField(default=False, help_text="the range is one that we chose")
    address_range6 = models.CharField(max_length=43, blank=True)
    is_dual_stack = models.BooleanField(default=False)
    is_local = models.BooleanField(default=False)
    local_range = models.CharField(max_length=43, blank=True)
    # Every number below it has a lease, so that nobody looks through thousands of them.
    lowest_free = models.PositiveIntegerField(default=1, editable=False)

    default_interface = models.CharField(max_length=15)
    default_listen_port = models.PositiveIntegerField(
        default=51821, validators=[MinValueValidator(1024), MaxValueValidator(65535)]
    )
    default_keepalive = models.PositiveIntegerField(
        default=20, validators=[MaxValueValidator(1000)], help_text="in seconds; 0: none"
    )
    mtu = models.PositiveIntegerField(
        default=1420, validators=[MinValueValidator(1280), MaxValueValidator(9000)]
    )
    dns = models.JSONField(
        default=list, help_text="addresses that plain peers ask for names, as texts"
    )
    check_in_interval = models.PositiveIntegerField(
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="in seconds",
    )
    allow_manual_signup = models.BooleanField(default=False)
    # Kept for clients that want them back, and run by nobody: see `docs/mesh-networks.md`.
    default_post_up = models.CharField(max_length=1000, blank=True)
    default_post_down = models.CharField(max_length=1000, blank=True)
    default_save_config = models.BooleanField(default=True)

    # What a node has seen, it compares with these: numbers, for a change may be stamped before, and
    # committed after, somebody reads the rest.
    version = models.PositiveBigIntegerField(default=1, editable=False)
    nodes_version = models.PositiveBigIntegerField(default=1, editable=False)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)
    nodes_modified_at = models.DateTimeField(default=timezone.now, editable=False)
    key_update_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="when new keys were last asked of all nodes"
    )

    objects = NetworkQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="network_of_company")]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "display_name"],
                condition=~models.Q(display_name=""),
                name="one_network_a_display_name",
            ),
            # The ranges that we choose are of one size, so that they overlap only if equal.
            models.UniqueConstraint(
                fields=["address_range"],
                condition=models.Q(was_picked=True),
                name="one_network_a_picked_range",
            ),
        ]

    def __str__(self) -> str:
        return self.netid

    @property
    def range(self) -> Range:
        return addressing.range_of(self.address_range)

    @property
    def range6(self) -> Range | None:
        """The IPv6 range in use; None unless the network has both."""
        return addressing.range_of(self.address_range6) if self.is_dual_stack else None

    @property
    def ranges(self) -> list[str]:
        """The ranges in use, as text."""
        return [self.address_range, self.address_range6][: 2 if self.is_dual_stack else 1]

    @property
    def own_ranges(self) -> list[Range]:
        return [addressing.range_of(text) for text in self.ranges]

    def addresses_at(self, number: int) -> dict[str, str | None]:
        """Return the columns of a node that has this number. Raises `ValueError` beyond a range."""
        range6 = self.range6
        return {
            "address": addressing.address_at(self.range, number),
            "address6": addressing.address_at(range6, number) if range6 else None,
        }
