"""From what a router shows to what we know: logins, what vouchers have used, and when they end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from hotspot import codes
from hotspot.live import Counters, Online, Unwanted
from hotspot.models import Login, Voucher, Watch
from hotspot.states import LIVE, OPEN, State
from hotspot.usage import NOTHING, Account, Usage
from routers.models import Router
from routers.reconcile.rows import Row
from routers.reconcile.services import mark_dirty

# Sessions that came and went between two looks show in the users' own counters alone.
COUNT_EVERY = timedelta(minutes=15)

# By so much may a session seem to begin later in one look than in another.
_START_SLACK = timedelta(seconds=5)

# A device of theirs may not be online now, and have a cookie.
_ENDED_FOR = timedelta(minutes=2)


@dataclass
class _Finding:
    """What a look found out about one voucher; see `Account.settle`."""

    open_before: Usage = NOTHING
    closed: Usage = NOTHING
    open_now: Usage = NOTHING
    begun: list[Online] = field(default_factory=list)
    is_counted: bool = False
    row: Usage | None = None

    def settle(self, account: Account) -> Account:
        sessions = {
            "open_before": self.open_before,
            "closed": self.closed,
            "open_now": self.open_now,
        }
        if self.is_counted:
            return account.settle(**sessions, row=self.row)
        return account.grow(**sessions)


class Look:
    """What changed at a router since the last look at it; `settle` writes it down."""

    def __init__(self, router: Router, sessions: Sequence[Online], now: datetime) -> None:
        self.router = router
        self.now = now
        self.login_url = ""  # where its guests log in, if that was asked
        self.watch, _ = Watch.objects.get_or_create(router=router)
        self._vouchers = self._find({session.user for session in sessions})
        self._uncounted: set[int] = set()  # vouchers with a session that is ending just now
        self._begun: list[Online] = []
        self._going_on: list[tuple[Login, Online]] = []
        self._over: list[Login] = []
        self._compare(sessions)

    def _find(self, names: Iterable[str]) -> dict[str, Voucher]:
        """Return the vouchers with these codes; of several, the one that is not revoked."""
        by_index = {codes.index(name): name for name in names}
        found = self.router.vouchers.filter(code_index__in=by_index)
        living_last = found.order_by(F("revoked_at").asc(nulls_last=True), "pk")
        return {by_index[voucher.code_index]: voucher for voucher in living_last}

    def _compare(self, sessions: Sequence[Online]) -> None:
        known = self.router.logins.filter(ended_at=None).select_related("voucher")
        logins = {login.session_id: login for login in known}
        for session in sessions:
            login = logins.get(session.id)
            if login is not None and self._is_same(login, session):
                del logins[session.id]
                self._going_on.append((login, session))
            else:
                self._begun.append(session)
        self._over = list(logins.values())

    def _is_same(self, login: Login, session: Online) -> bool:
        """A router that was rebooted gives the same ids again."""
        latest = max(login.at + _START_SLACK, self.watch.seen_at or login.at)
        return (
            login.mac_address == session.mac_address
            and session.usage.covers(_seen(login))
            and session.started_at <= latest
        )

    @property
    def counts_all(self) -> bool:
        """Whether it is time to read what all users have used."""
        last = self.watch.counted_at
        return last is None or last + COUNT_EVERY <= self.now

    def names_to_count(self) -> list[str]:
        """Return the codes of the vouchers whose sessions have begun or ended."""
        begun = {session.user for session in self._begun if session.user in self._vouchers}
        return sorted(begun | {login.voucher.code for login in self._over if login.voucher})

    def note_still_online(self, rows: Iterable[Row]) -> None:
        """Say who was online after the counters were read.

        Of whoever was not any more, the counters are left for the next look.
        """
        still = {row.get(".id", "") for row in rows}
        self._uncounted = {pk for pk, session in self._online() if session.id not in still}

    def _online(self) -> Iterator[tuple[int, Online]]:
        """Yield the sessions of vouchers, each with the voucher that it began with."""
        for login, session in self._going_on:
            if login.voucher_id:
                yield login.voucher_id, session
        for session in self._begun:
            if voucher := self._vouchers.get(session.user):
                yield voucher.pk, session

    def settle(self, counted: Counters, *, all_counted: bool) -> bool:
        """Write down what was found; False if another look has done so meanwhile.

        `counted` are the users' own counters, of all or of those in `names_to_count`.
        """
        for name in counted.theirs:
            self._vouchers.pop(name, None)
        with transaction.atomic():
            mine = Watch.objects.filter(pk=self.watch.pk, seen_at=self.watch.seen_at)
            counted_at = self.now if all_counted else self.watch.counted_at
            url = self.login_url or self.watch.login_url
            if not mine.update(seen_at=self.now, counted_at=counted_at, login_url=url):
                return False
            self._write_vouchers(self._findings(counted.ours, all_counted))
            self._write_logins()
        return True

    def _findings(self, counted: Mapping[str, Usage], all_counted: bool) -> dict[int, _Finding]:
        """Say by voucher what was found."""
        found: dict[int, _Finding] = defaultdict(_Finding)
        for login in self._over:
            if login.voucher:
                finding = found[login.voucher.pk]
                finding.open_before += _seen(login)
                finding.closed += _seen(login)
                finding.is_counted = True
                finding.row = counted.get(login.voucher.code)
        for login, session in self._going_on:
            if login.voucher:
                found[login.voucher.pk].open_before += _seen(login)
                found[login.voucher.pk].open_now += session.usage
        for session in self._begun:
            if voucher := self._vouchers.get(session.user):
                found[voucher.pk].open_now += session.usage
                found[voucher.pk].begun.append(session)
        if all_counted:
            self._add_counters(found, counted)
        for pk in self._uncounted & found.keys():
            found[pk].is_counted = False
        return found

    def _add_counters(self, found: dict[int, _Finding], counted: Mapping[str, Usage]) -> None:
        """Add those that have counters at the router, and those that should have some."""
        names = [name for name, usage in counted.items() if usage != NOTHING]
        at_router = self._find(names)
        living = self.router.vouchers.filter(revoked_at=None, ended_at=None)
        known = living.filter(online_time__gt=F("online_time_before"))
        for voucher in (*at_router.values(), *known):
            found[voucher.pk].is_counted = True
            found[voucher.pk].row = counted.get(voucher.code)

    def _write_vouchers(self, found: Mapping[int, _Finding]) -> None:
        locked = Voucher.objects.filter(pk__in=found).order_by("pk").select_for_update()
        changed = []
        is_dirty = False
        for voucher in locked:
            facts = [getattr(voucher, name) for name in _LEARNT]
            limits = [getattr(voucher, name) for name in _SHOWN_TO_ROUTERS]
            _learn(voucher, found[voucher.pk], self.now)
            if facts != [getattr(voucher, name) for name in _LEARNT]:
                changed.append(voucher)
            is_dirty |= limits != [getattr(voucher, name) for name in _SHOWN_TO_ROUTERS]
        Voucher.objects.bulk_update(changed, _LEARNT, batch_size=200)
        if is_dirty:
            mark_dirty([self.router.pk])

    def _write_logins(self) -> None:
        for login, session in self._going_on:
            _set_seen(login, session.usage)
        Login.objects.bulk_update(
            [login for login, _ in self._going_on],
            ["online_time", "uploaded", "downloaded"],
            batch_size=200,
        )
        # First those that are over: a new one may have the same id.
        over = [login.pk for login in self._over]
        Login.objects.filter(pk__in=over).update(ended_at=self.now)
        Login.objects.bulk_create([self._login_of(session) for session in self._begun])

    def _login_of(self, session: Online) -> Login:
        voucher = self._vouchers.get(session.user)
        login = Login(
            company_id=self.router.company_id,
            router=self.router,
            voucher=voucher,
            kind=Login.Kind.VOUCHER if voucher else Login.Kind.OTHER,
            name="" if voucher else session.user[:100],
            mac_address=session.mac_address,
            address=session.address,
            session_id=session.id,
            at=session.started_at,
        )
        _set_seen(login, session.usage)
        return login

    def just_ended(self) -> Iterator[Unwanted]:
        """Yield the users of used vouchers that have ended since about the last look.

        They are named for a while longer, should a router have been away for a moment. Where a
        new voucher has the code by now, only the devices that used the old one are named.
        """
        since = (self.watch.seen_at or self.now) - _ENDED_FOR
        ended = Q(ended_at__gt=since) | Q(revoked_at__gt=since)
        used = self.router.vouchers.exclude(first_login_at=None)
        over = [voucher for voucher in used.filter(ended) if voucher.state_at(self.now) not in LIVE]
        heirs = self._living({voucher.code_index for voucher in over})
        for voucher in over:
            if heir := heirs.get(voucher.code_index):
                yield from _left_behind(voucher, heir)
            else:
                yield Unwanted(voucher.code)

    def _living(self, indexes: set[str]) -> dict[str, Voucher]:
        if not indexes:
            return {}
        live = self.router.vouchers.live(self.now).filter(code_index__in=indexes)
        return {voucher.code_index: voucher for voucher in live}

    def unwanted(self) -> Iterator[Unwanted]:
        """Yield the sessions of vouchers that do not allow them, or not on that device."""
        found = list(self._online())
        vouchers = Voucher.objects.in_bulk({pk for pk, _ in found})
        for pk, session in found:
            if pk in vouchers and not self._allows(vouchers[pk], session):
                yield Unwanted(session.user, session.mac_address)

    def _allows(self, voucher: Voucher, session: Online) -> bool:
        is_bound_elsewhere = voucher.bound_mac not in ("", session.mac_address)
        return voucher.state_at(self.now) in OPEN and not is_bound_elsewhere


# States that a voucher comes to by what is learnt. An hour that began long ago may be over.
_OVER = frozenset({State.EXPIRED, State.USED_UP})

# What a look can change of a voucher, and which of that its router should hear of.
_SHOWN_TO_ROUTERS = ["ended_at", "online_time_before", "uploaded_before", "downloaded_before"]
_LEARNT = [
    *_SHOWN_TO_ROUTERS, "online_time", "uploaded", "downloaded", "first_login_at",
    "last_login_at", "mac_address", "expires_at", "due_at",
]  # fmt: skip


def _left_behind(old: Voucher, heir: Voucher) -> Iterator[Unwanted]:
    """Yield the devices that used a voucher and not the one that has its code now."""
    devices = set(old.logins.values_list("mac_address", flat=True))
    for mac_address in devices - {"", *heir.logins.values_list("mac_address", flat=True)}:
        yield Unwanted(old.code, mac_address)


def _learn(voucher: Voucher, found: _Finding, now: datetime) -> None:
    account = found.settle(_account_of(voucher))
    voucher.online_time, voucher.online_time_before = account.used.time, account.before.time
    voucher.uploaded, voucher.uploaded_before = account.used.uploaded, account.before.uploaded
    voucher.downloaded = account.used.downloaded
    voucher.downloaded_before = account.before.downloaded

    starts = [session.started_at for session in found.begun]
    if found.row and found.row.seconds and not voucher.first_login_at:
        starts.append(now - found.row.time)  # came and went unseen: not sooner than this
    if starts:
        _learn_logins(voucher, starts, found.begun)
        voucher.due_at = voucher.next_due(now)
    if voucher.state_at(now) in _OVER and not voucher.ended_at:
        voucher.ended_at, voucher.due_at = now, None


def _learn_logins(voucher: Voucher, starts: list[datetime], begun: list[Online]) -> None:
    if voucher.first_login_at is None:
        voucher.first_login_at = min(starts)
        if voucher.lifetime is not None and voucher.expires_at is None:
            voucher.expires_at = voucher.first_login_at + voucher.lifetime
    voucher.last_login_at = max([*starts, voucher.last_login_at or voucher.first_login_at])
    if begun:
        voucher.mac_address = max(begun, key=lambda session: session.started_at).mac_address


def _account_of(voucher: Voucher) -> Account:
    used = Usage(_seconds(voucher.online_time), voucher.uploaded, voucher.downloaded)
    before = Usage(
        _seconds(voucher.online_time_before), voucher.uploaded_before, voucher.downloaded_before
    )
    return Account(used, before)


def _seen(login: Login) -> Usage:
    return Usage(_seconds(login.online_time), login.uploaded, login.downloaded)


def _set_seen(login: Login, usage: Usage) -> None:
    login.online_time = usage.time
    login.uploaded, login.downloaded = usage.uploaded, usage.downloaded


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
