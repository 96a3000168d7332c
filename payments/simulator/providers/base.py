"""What the providers have in common: routes, accounts, and charges that tell stories."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from payments.simulator.accounts import Account
from payments.simulator.bank import Bank
from payments.simulator.charges import Change, Charge
from payments.simulator.messages import Refusal, Request, Response
from payments.simulator.stories import PROMPT_SECONDS, UNTOLD, Answer, Story, told_by
from payments.simulator.webhooks import Ladder, Webhook

_Handler = Callable[..., Response]
_F = TypeVar("_F", bound=_Handler)


@dataclasses.dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    name: str  # what faults call it
    handler: str


def route(method: str, pattern: str, name: str) -> Callable[[_F], _F]:
    """Serve `pattern`; its groups are handed on as texts."""

    def mark(handler: _F) -> _F:
        marked = handler.__dict__.setdefault("routes", [])
        marked.append(Route(method, re.compile(pattern), name, handler.__name__))
        return handler

    return mark


class Provider:
    slug: ClassVar[str]
    prefix: ClassVar[str]  # of its addresses, within the simulator
    currency: ClassVar[str]
    ladder: ClassVar[Ladder] = Ladder()
    default_story: ClassVar[Story] = UNTOLD
    routes: ClassVar[tuple[Route, ...]] = ()

    def __init_subclass__(cls) -> None:
        found = [entry for value in vars(cls).values() for entry in getattr(value, "routes", ())]
        cls.routes = (*found, *cls.routes)

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.clock = bank.clock
        self.ids = bank.ids
        self.accounts: list[Account] = []
        self.token_lifetime = 3600
        self.url = ""  # set when it is served
        bank.tellers[self.slug] = self.tell

    # What each provider says for itself.

    def new_account(self, environment: str) -> Account:
        """Return an account with keys as the provider makes them."""
        raise NotImplementedError

    def tell(self, charge: Charge, change: Change) -> list[Webhook]:
        """Return the webhooks by which the merchant hears of it."""
        raise NotImplementedError

    def sign(
        self, account: Account, body: bytes, now: float
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return the query and the headers that show who sent these bytes."""
        raise NotImplementedError

    def failed(self, status: int) -> Response:
        """Return the provider's own way to say 404, 429, 500 and the like."""
        raise NotImplementedError

    # The rest is the same for all.

    def open_account(
        self, environment: str, webhook_url: str = "", extra: dict[str, str] | None = None
    ) -> Account:
        account = self.new_account(environment)
        account.extra.update(extra or {})
        account.webhook_url = webhook_url
        self.accounts.append(account)
        return account

    def find_route(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        for entry in self.routes:
            found = entry.method == method and entry.pattern.fullmatch(path)
            if found:
                return entry, found.groups()
        return None

    def serve(self, entry: Route, request: Request, groups: tuple[str, ...]) -> Response:
        """Answer a request; whoever calls holds the bank's lock."""
        handler: _Handler = getattr(self, entry.handler)
        try:
            return handler(request, *groups)
        except Refusal as refusal:
            return refusal.response

    def reset(self) -> None:
        self.accounts.clear()
        self.token_lifetime = 3600

    def story_of(self, text: str) -> Story:
        return told_by(text) or self.default_story

    def take(
        self,
        charge: Charge,
        said: Callable[[Charge], Response],
        *,
        patience: float = PROMPT_SECONDS,
    ) -> Response:
        """Begin a charge as its story has it, and return what the merchant hears of that."""
        story = charge.story
        if story.refused:
            return self.failed(500)
        if story.throttled and self._is_throttled(charge):
            response = self.failed(429)
            response.headers["Retry-After"] = str(int(story.throttled))
            return response
        self.bank.begin(charge, patience=patience)
        if story.revoked:
            self.revoke_tokens(charge.account)
        response = self.failed(500) if story.broken else said(charge)
        response.dropped = story.unanswered
        response.drip = story.drip
        if story.told_first:
            response.before = lambda: self._tell_first(charge)
        return response

    def revoke_tokens(self, account: Account) -> None:
        """End the account's access tokens, where the provider has such."""

    def webhook(
        self, charge: Charge, topic: str, url: str, body: bytes, *, ref: str = ""
    ) -> Webhook:
        return Webhook(
            id=self.ids.uuid(),
            account=charge.account,
            topic=topic,
            url=url,
            body=body,
            sign=self.sign,
            ladder=self.ladder,
            ref=ref or charge.id,
        )

    def _tell_first(self, charge: Charge) -> None:
        self.bank.answer(charge, charge.story.answer or Answer.PIN)
        self.bank.webhooks.wait_for(charge.id)

    def _is_throttled(self, charge: Charge) -> bool:
        """Whether this phone must wait; it may come back when the time is over."""
        until = charge.account.throttled
        if charge.phone not in until:
            until[charge.phone] = self.clock.now() + charge.story.throttled
        if self.clock.now() < until[charge.phone]:
            return True
        del until[charge.phone]
        return False


def given(data: dict[str, Any], *names: str) -> Any:
    """Return what stands at this place within `data`, None if nothing does."""
    value: Any = data
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
