"""The simulator's own routes, /_sim/…: what there is, and what is to happen. And the phone page.

GET  /_sim/prompts            what guests could answer now
POST /_sim/prompts/{id}       {"answer": "pin"}
GET  /_sim/ledger             what really happened to money
POST /_sim/accounts           {"provider": "kopokopo"} opens one and answers its keys
POST /_sim/webhook-url        {"keys": {…}, "url": "http://…"}
POST /_sim/charges/{id}/reverse, …/dispute
GET  /_sim/faults; POST adds one: {"provider": "kopokopo", "route": "charge", "status": 500}; DELETE
GET  /_sim/webhooks           those sent and those held
POST /_sim/webhooks/hold, …/release, …/{id}/deliver {"times": 2, "tampered": "body"}, …/{id}/drop
GET  /_sim/clock; POST        {"advance": 3600}
POST /_sim/reset
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from payments.simulator.messages import Request, Response, answer
from payments.simulator.stories import STORIES
from payments.simulator.webhooks import Webhook

if TYPE_CHECKING:
    from payments.simulator.simulator import ProviderSimulator

_PAGE = Path(__file__).with_name("phone.html")
_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
_Act = Callable[..., Any]


class Control:
    def __init__(self, simulator: ProviderSimulator) -> None:
        self._simulator = simulator
        self._acts: list[tuple[str, re.Pattern[str], _Act]] = [
            (method, re.compile(pattern), act)
            for method, pattern, act in (
                ("GET", "/_sim/prompts", self._prompts),
                ("POST", "/_sim/prompts/([^/]+)", self._answer_prompt),
                ("GET", "/_sim/stories", self._stories),
                ("GET", "/_sim/ledger", self._ledger),
                ("POST", "/_sim/accounts", self._open_account),
                ("POST", "/_sim/webhook-url", self._set_webhook_url),
                ("POST", "/_sim/charges/([^/]+)/(reverse|dispute)", self._take_back),
                ("GET", "/_sim/faults", self._faults),
                ("POST", "/_sim/faults", self._add_fault),
                ("DELETE", "/_sim/faults", self._clear_faults),
                ("GET", "/_sim/webhooks", self._webhooks),
                ("POST", "/_sim/webhooks/(hold|release)", self._hold),
                ("POST", "/_sim/webhooks/([^/]+)/deliver", self._deliver),
                ("POST", "/_sim/webhooks/([^/]+)/drop", self._drop),
                ("GET", "/_sim/clock", self._clock),
                ("POST", "/_sim/clock", self._advance),
                ("POST", "/_sim/reset", self._reset),
            )
        ]

    def answer(self, request: Request) -> Response:
        # Only by a name of this machine, so that no page elsewhere can have a browser ask us.
        if urlsplit(request.base).hostname not in _HOSTS:
            return answer({"error": "only by the name of this machine"}, 403)
        if (request.method, request.path) == ("GET", "/"):
            return Response(200, _PAGE.read_bytes(), dict(_SAFE))
        for method, pattern, act in self._acts:
            if method == request.method and (found := pattern.fullmatch(request.path)):
                return self._do(act, request, found.groups())
        return answer({"error": "there is nothing here"}, 404)

    def _do(self, act: _Act, request: Request, groups: tuple[str, ...]) -> Response:
        if request.method != "GET" and "json" not in request.headers.get("content-type", ""):
            return answer({"error": "send Content-Type: application/json"}, 415)
        try:
            return answer(act(request, *groups))
        except LookupError as error:
            return answer({"error": str(error)}, 404)
        except (TypeError, ValueError) as error:
            return answer({"error": str(error)}, 400)

    def _prompts(self, request: Request) -> Any:
        return [asdict(prompt) for prompt in self._simulator.prompts()]

    def _answer_prompt(self, request: Request, ref: str) -> Any:
        self._simulator.answer(ref, request.json()["answer"])
        return {"state": self._simulator.charge(ref).state}

    def _stories(self, request: Request) -> Any:
        return {suffix: story.title for suffix, story in STORIES.items()}

    def _ledger(self, request: Request) -> Any:
        return self._simulator.ledger.as_json()

    def _open_account(self, request: Request) -> Any:
        data = request.json()
        return self._simulator.open_account(
            data["provider"],
            environment=data.get("environment", "sandbox"),
            webhook_url=data.get("webhook_url", ""),
        )

    def _set_webhook_url(self, request: Request) -> Any:
        data = request.json()
        self._simulator.set_webhook_url(data["keys"], str(data["url"]))
        return {}

    def _take_back(self, request: Request, ref: str, how: str) -> Any:
        getattr(self._simulator, how)(ref)
        return {}

    def _faults(self, request: Request) -> Any:
        return self._simulator.faults.as_json()

    def _add_fault(self, request: Request) -> Any:
        return self._simulator.faults.add(**request.json()).as_json()

    def _clear_faults(self, request: Request) -> Any:
        self._simulator.faults.clear()
        return []

    def _webhooks(self, request: Request) -> Any:
        webhooks = self._simulator.webhooks
        return {
            "queued": [_shown(webhook) for webhook in list(webhooks.queued)],
            "sent": [_shown(webhook) for webhook in list(webhooks.sent)],
        }

    def _hold(self, request: Request, how: str) -> Any:
        getattr(self._simulator.webhooks, how)()
        return {}

    def _deliver(self, request: Request, ref: str) -> Any:
        data = request.json()
        statuses = self._simulator.webhooks.deliver(
            self._webhook(ref), times=int(data.get("times", 1)), tampered=data.get("tampered", "")
        )
        return {"statuses": statuses}

    def _drop(self, request: Request, ref: str) -> Any:
        self._simulator.webhooks.drop(self._webhook(ref))
        return {}

    def _webhook(self, ref: str) -> Webhook:
        webhooks = self._simulator.webhooks
        for webhook in (*webhooks.queued, *webhooks.sent):
            if webhook.id == ref:
                return webhook
        raise LookupError(f"there is no webhook {ref}")

    def _clock(self, request: Request) -> Any:
        return {"now": self._simulator.clock.moment().isoformat()}

    def _advance(self, request: Request) -> Any:
        self._simulator.clock.advance(float(request.json()["advance"]))
        return self._clock(request)

    def _reset(self, request: Request) -> Any:
        self._simulator.reset()
        return {}


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "provider": webhook.account.provider,
        "topic": webhook.topic,
        "ref": webhook.ref,
        "url": webhook.url,
        "body": webhook.body.decode(),
        "attempts": [asdict(attempt) for attempt in webhook.attempts],
    }
