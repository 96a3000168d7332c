"""What people read: short, in plain words, and with nothing in it that opens anything."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from cloudpilot.crypto import SecretUnreadable
from payments import phones
from payments.models import Channel, Endpoint, Listener, Notice, Payment

_LONGEST_LINE = 150

_SUBJECTS = {
    Notice.Kind.COMPLETED: "Paid: {amount}, {package} at {router}",
    Notice.Kind.REVIEW: "To be looked at: {amount}, {package} at {router}",
    Notice.Kind.FAILED: "Not paid: {amount}, {package} at {router}",
    Notice.Kind.REFUNDED: "Refunded: {refunded} of {amount}, {package} at {router}",
    Notice.Kind.DISPUTED: "Disputed: {amount}, {package} at {router}",
}
_COUNTED = {
    Notice.Kind.COMPLETED: "paid",
    Notice.Kind.REVIEW: "to be looked at",
    Notice.Kind.FAILED: "not paid",
    Notice.Kind.REFUNDED: "refunded",
    Notice.Kind.DISPUTED: "disputed",
}
_ENDED = {
    Listener.Ended.GONE: "It answered that it is gone (410).",
    Listener.Ended.REFUSING: "It refused what we send with: the token or the chat is not known.",
    Listener.Ended.FAILING: "It could not be reached for five days.",
}


@dataclass(frozen=True)
class Told:
    """A message: one line that says it, and lines that say more."""

    subject: str
    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        # Names come from people: none may begin a line, or a header, of its own.
        object.__setattr__(self, "subject", one_line(self.subject))
        object.__setattr__(self, "lines", tuple(one_line(line) for line in self.lines))


def one_line(text: str) -> str:
    """Return `text` on one line of bounded length, without what is not seen but steers."""
    seen = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    line = " ".join("".join(seen).split())
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"


def of_notice(notice: Notice) -> Told:
    """Return what is said of one payment."""
    data = notice.data
    kind = Notice.Kind(notice.kind)
    amounts = {name: f"{data['currency']} {data[name]}" for name in ("amount", "refunded")}
    lines = [f"Payment {data['payment']}", f"Phone {_phone(notice.payment)}"]
    lines += [f"By {data['provider']} {_end_of(data['provider_receipt'])}".rstrip()]
    if data["reason"]:
        lines += [f"Why: {data['reason']}"]
    lines += [f"{notice.created_at:%Y-%m-%d %H:%M} UTC"]
    names = {"package": data["package"], "router": data["router"]}
    return Told(_SUBJECTS[kind].format(**names, **amounts), tuple(lines))


def of_many(notices: Iterable[Notice]) -> Told:
    """Return one message that stands for many."""
    numbers: Counter[tuple[str, str]] = Counter()
    sums: dict[tuple[str, str], Decimal] = {}
    for notice in notices:
        key = (notice.kind, notice.data["currency"])
        numbers[key] += 1
        amount = "refunded" if notice.kind == Notice.Kind.REFUNDED else "amount"
        sums[key] = sums.get(key, Decimal(0)) + Decimal(notice.data[amount])
    lines = (
        f"{number} {_COUNTED[Notice.Kind(kind)]}: {currency} {sums[kind, currency]}"
        for (kind, currency), number in sorted(numbers.items())
    )
    return Told(f"{numbers.total()} payments in one message", tuple(lines))


def trial() -> Told:
    """Return what is sent to see whether a channel works."""
    return Told("CloudPilot reaches you here", ("This is a test. Nobody has paid anything.",))


def switched_off(listener: str, reason: Listener.Ended) -> Told:
    """Return what owners are told of a listener that is sent nothing more."""
    return Told(
        f"CloudPilot no longer sends to {listener}",
        (_ENDED[reason], "Once that is mended, switch it on again in the API, and replay."),
    )


def name_of(listener: Listener) -> str:
    """Return what an owner knows a listener by; of an address the host alone, for it may hold keys."""
    if isinstance(listener, Endpoint):
        what = f"the webhook endpoint at {urlsplit(listener.url).hostname}"
    else:
        what = "the Telegram chat" if _is_telegram(listener) else "the mailboxes"
    described = f" ({listener.description})" if listener.description else ""
    return one_line(f"{what}{described}")


def _is_telegram(listener: Listener) -> bool:
    return isinstance(listener, Channel) and listener.medium == Channel.Medium.TELEGRAM


def _end_of(receipt: str) -> str:
    """Return what tells a provider's receipt from others; all of it helps to open the purchase."""
    return f"•••{receipt[-3:]}" if receipt else ""


def _phone(payment: Payment) -> str:
    try:
        return phones.masked(payment.phone or "")
    except SecretUnreadable:  # the message is worth more than its phone
        return "•••"
