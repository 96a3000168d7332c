from functools import partial
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from cloudpilot.crypto import SealedField
from cloudpilot.random_ids import public_id
from routers.querysets import RouterQuerySet
from routers.routeros import Transport
from users.models import Company

_BY_PORT = {
    8728: Transport.API,
    8729: Transport.API_SSL,
    80: Transport.REST,
    443: Transport.REST_SSL,
}
DEFAULT_PORTS = {transport: port for port, transport in _BY_PORT.items()}


def uses(transport: Transport) -> models.Q:
    """Match the routers whose `transport` this is: that property's rule, for a query."""
    default = Transport.API_SSL if transport is Transport.API_SSL else Transport.API
    implied = models.Q(port=DEFAULT_PORTS[transport])
    if transport is default:
        over_tls = transport is Transport.API_SSL
        implied |= ~models.Q(port__in=_BY_PORT) & models.Q(use_https=over_tls)
    return models.Q(chosen_transport=transport) | models.Q(chosen_transport="") & implied


def check_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("Name a time zone as Africa/Nairobi.")


class Router(models.Model):
    """A MikroTik router of a company, and how to reach it."""

    public_id = models.CharField(
        max_length=12, unique=True, editable=False, default=partial(public_id, "RTR", 8)
    )
    company = models.ForeignKey(Company, models.PROTECT, related_name="routers")
    name = models.CharField(max_length=100)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(
        default=8728, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    username = models.CharField(max_length=100)
    password = SealedField()
    use_https = models.BooleanField(default=False)
    chosen_transport = models.CharField(
        max_length=8,
        blank=True,
        choices=[(t.value, t.value) for t in Transport],
        help_text="empty: follows from port and use_https",
    )
    tls_fingerprint = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of the certificate that is trusted; empty until first contact",
    )
    location = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[check_time_zone],
        help_text="where its guests are, such as Africa/Nairobi",
    )
    is_active = models.BooleanField(default=True)
    is_online = models.BooleanField(default=False)
    last_checked = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RouterQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="router_of_company")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(port__gte=1, port__lte=65535), name="router_port_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"

    @property
    def transport(self) -> Transport:
        """The transport in use: the chosen one, or else what port and use_https imply."""
        if self.chosen_transport:
            return Transport(self.chosen_transport)
        other = Transport.API_SSL if self.use_https else Transport.API
        return _BY_PORT.get(self.port, other)
