from datetime import datetime
from typing import Self

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from cloudpilot.tenancy import OwnedQuerySet
from hotspot.states import State


class PackageQuerySet(OwnedQuerySet):
    def on_sale(self) -> Self:
        return self.filter(is_active=True, retired_at=None, router__is_active=True)

    def selling(self) -> Self:
        """Keep those that hold their router back: not retired, or with vouchers still good."""
        vouchers = self.model._meta.get_field("vouchers").related_model.objects  # type: ignore[union-attr]
        good = vouchers.filter(package=OuterRef("pk")).live(timezone.now())
        return self.filter(Q(retired_at=None) | Exists(good))


_USED_UP = (
    Q(online_time__gte=F("time_limit"))
    | Q(data_limit__lte=F("uploaded") + F("downloaded"))
    | Q(uploaded__gte=F("upload_limit"))
    | Q(downloaded__gte=F("download_limit"))
)


def _facts(now: datetime) -> dict[State, Q]:
    """Return what makes each state at `now`, the weightiest first."""
    moment = Coalesce(F("paused_at"), Value(now))
    return {
        State.REVOKED: Q(revoked_at__isnull=False),
        State.EXPIRED: Q(expires_at__lte=moment),
        State.USED_UP: _USED_UP,
        State.PAUSED: Q(paused_at__isnull=False),
        State.SCHEDULED: Q(valid_from__gt=now),
        State.ACTIVE: Q(first_login_at__isnull=False),
    }


# What a state comes with, in words that an index knows. What the clock has just ended is found once
# the sweep has been there, seconds later.
_COMES_WITH = {
    State.REVOKED: Q(revoked_at__isnull=False),
    State.EXPIRED: Q(ended_at__isnull=False),
    State.USED_UP: Q(ended_at__isnull=False),
    State.PAUSED: Q(paused_at__isnull=False),
    State.ACTIVE: Q(first_login_at__isnull=False, ended_at=None, revoked_at=None),
}


class VoucherQuerySet(OwnedQuerySet):
    def with_state(self, now: datetime) -> Self:
        """Add `state`, what the facts make of each voucher at `now`."""
        cases = [When(fact, then=Value(state.value)) for state, fact in _facts(now).items()]
        default = Value(State.UNUSED.value)
        return self.annotate(state=Case(*cases, default=default, output_field=CharField()))

    def in_state(self, state: State, now: datetime) -> Self:
        """Keep those that are in `state` at `now`."""
        found = self.filter(_COMES_WITH[state]) if state in _COMES_WITH else self
        return found.with_state(now).filter(state=state.value)

    def lock(self) -> list[int]:
        """Lock these rows and return their keys: in one order, so that nobody deadlocks.

        Whoever writes to many at once does this first; looks at routers do.
        """
        return list(self.order_by("pk").select_for_update().values_list("pk", flat=True))

    def live(self, now: datetime) -> Self:
        """Keep those that may still be used, now or later: what its router should know."""
        return self.filter(revoked_at=None, ended_at=None).filter(
            Q(expires_at=None) | Q(expires_at__gt=Coalesce(F("paused_at"), Value(now))),
            _within("time_limit", F("online_time")),
            _within("data_limit", F("uploaded") + F("downloaded")),
            _within("upload_limit", F("uploaded")),
            _within("download_limit", F("downloaded")),
        )


def _within(limit: str, used: Combinable) -> Q:
    return Q(**{limit: None}) | Q(**{f"{limit}__gt": used})
