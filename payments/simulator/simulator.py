"""All providers at one address, and everything in their world at hand."""

from __future__ import annotations

import dataclasses
from types import TracebackType
from typing import Any, Self

from payments.simulator.accounts import Account
from payments.simulator.bank import Bank, Prompt
from payments.simulator.charges import Charge
from payments.simulator.clock import Clock
from payments.simulator.control import Control
from payments.simulator.faults import Fault, Faults
from payments.simulator.ids import Ids
from payments.simulator.ledger import Ledger
from payments.simulator.messages import Request, Response
from payments.simulator.providers.base import Provider
from payments.simulator.providers.conekta import Conekta
from payments.simulator.providers.daraja import Daraja
from payments.simulator.providers.intasend import IntaSend
from payments.simulator.providers.kopokopo import KopoKopo
from payments.simulator.providers.mercadopago import MercadoPago
from payments.simulator.server import Server
from payments.simulator.stories import Answer
from payments.simulator.webhooks import Webhooks

PROVIDERS: tuple[type[Provider], ...] = (KopoKopo, IntaSend, MercadoPago, Conekta, Daraja)


class ProviderSimulator:
    """The payment providers, in threads of this process, from `with` or `start` on.

    Their time stands still until `clock.advance`, unless `running`. `scale` makes all waits of
    theirs shorter; `seed` makes their ids the same again.
    """

    def __init__(
        self, *, port: int = 0, running: bool = False, scale: float = 1.0, seed: int | None = None
    ) -> None:
        self._server = Server(self._answer, port)  # first: the port may be taken
        self.clock = Clock(running=running, scale=scale)
        self.webhooks = Webhooks(self.clock)
        self.faults = Faults()
        self._bank = Bank(self.clock, Ids(seed), self.webhooks)
        self._providers = {kind.slug: kind(self._bank) for kind in PROVIDERS}
        self._control = Control(self)
        for provider in self._providers.values():
            provider.url = self.url(provider.slug)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()
        self.clock.stop()
        self.webhooks.stop()

    @property
    def slugs(self) -> list[str]:
        return list(self._providers)

    @property
    def page(self) -> str:
        """Return the address of the page that plays the guest's phone."""
        return f"{self._server.url}/"

    @property
    def ledger(self) -> Ledger:
        return self._bank.ledger

    def url(self, slug: str) -> str:
        """Return what the provider's `…_BASE_URL` is to be."""
        return self._server.url + self._providers[slug].prefix

    def provider(self, slug: str) -> Provider:
        return self._providers[slug]

    def open_account(
        self, slug: str, *, environment: str = "sandbox", webhook_url: str = "", **extra: str
    ) -> dict[str, Any]:
        """Open a merchant's account and return its keys: the body of POST /payments/credentials/.

        `extra` replaces what would else be made up: `tariff="CUSTOMER-PAYS"`.
        """
        with self._bank.lock:
            return self._providers[slug].open_account(environment, webhook_url, extra).keys

    def account(self, keys: dict[str, Any]) -> Account:
        """Return the account that these keys open. Raises `LookupError`."""
        for account in self._providers[keys["provider"]].accounts:
            if (account.api_key, account.private_key) == (keys["api_key"], keys["private_key"]):
                return account
        raise LookupError("nobody has these keys")

    def set_webhook_url(self, keys: dict[str, Any], url: str) -> None:
        """Have the account's webhooks sent there, as its owner does on the provider's site."""
        self.account(keys).webhook_url = url

    def charge(self, ref: str) -> Charge:
        """Return a charge by the provider's id for it. Raises `LookupError`."""
        for slug in self._providers:
            if found := self._bank.find(slug, ref):
                return found
        raise LookupError(f"no provider has a charge {ref}")

    def charges_of(self, account: Account, reference: str) -> list[Charge]:
        """Return what was charged under one of the merchant's references, the oldest first."""
        return self._bank.of_reference(account, reference)

    def prompts(self) -> list[Prompt]:
        """Return what guests could answer now, the oldest first."""
        return self._bank.prompts()

    def answer(self, prompt: Prompt | Charge | str, given: Answer | str) -> None:
        """Do what the guest does: "pin", "cancel", "wrong_pin", "insufficient", "no_answer", …"""
        ref = prompt if isinstance(prompt, str) else prompt.id
        self._bank.answer(self.charge(ref), Answer(given))

    def reverse(self, ref: str) -> None:
        """Take a charge back on the guest's side."""
        self._bank.reverse(self.charge(ref))

    def dispute(self, ref: str) -> None:
        """Charge a charge back."""
        self._bank.dispute(self.charge(ref))

    def reset(self) -> None:
        """Forget everything: accounts, charges, faults, webhooks, plans."""
        self.webhooks.hold()
        self.clock.restart()
        self.clock.settle()
        with self._bank.lock:
            self._bank.reset()
            for provider in self._providers.values():
                provider.reset()
        self.faults.clear()
        self.webhooks.reset()

    def _answer(self, request: Request) -> Response:
        for provider in self._providers.values():
            if request.path.startswith(provider.prefix + "/"):
                return self._serve(provider, request)
        return self._control.answer(request)

    def _serve(self, provider: Provider, request: Request) -> Response:
        inner = dataclasses.replace(
            request,
            path=request.path.removeprefix(provider.prefix),
            base=request.base + provider.prefix,
        )
        found = provider.find_route(inner.method, inner.path)
        if found is None:
            return provider.failed(404)
        entry, groups = found
        fault = self.faults.take(provider.slug, entry.name)
        if fault and _comes_first(fault):
            return self._spoilt(_without_effect(provider, fault), fault)
        with self._bank.lock:
            response = provider.serve(entry, inner, groups)
        return self._spoilt(response, fault) if fault else response

    def _spoilt(self, response: Response, fault: Fault) -> Response:
        response.status = fault.status or response.status
        if fault.body:
            response.body = fault.body.encode()
            response.headers.pop("Content-Type", None)
        response.headers.update(fault.headers or {})
        response.truncate = fault.truncate if response.truncate is None else response.truncate
        response.drip = fault.drip or response.drip
        response.dropped = fault.drop_response or response.dropped
        self.faults.delay(fault)
        return response


def _comes_first(fault: Fault) -> bool:
    """Whether the provider never gets the request."""
    return fault.drop_request or bool((fault.status or fault.body) and not fault.after)


def _without_effect(provider: Provider, fault: Fault) -> Response:
    if fault.drop_request:
        return Response(dropped=True)
    return provider.failed(fault.status or 200)
