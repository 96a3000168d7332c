"""Merchants' accounts at the providers, and the access tokens that open them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Account:
    """A merchant's account. `keys` are what its owner types in at our side."""

    provider: str
    environment: str
    id: str  # what the provider knows it by: a till, a collector
    api_key: str
    private_key: str
    extra: dict[str, str] = field(default_factory=dict)
    webhook_url: str = ""  # as the owner set it at the provider
    name: str = "Simulated merchant"
    secrets: dict[str, Any] = field(default_factory=dict)  # the provider's half
    failures: int = 0  # of webhooks, one after another
    muted: bool = False  # the provider has stopped to send
    throttled: dict[str, float] = field(default_factory=dict)  # phones, until when

    @property
    def keys(self) -> dict[str, Any]:
        """Return what the owner has: the body of our request that takes it."""
        return {
            "provider": self.provider,
            "environment": self.environment,
            "api_key": self.api_key,
            "private_key": self.private_key,
            "extra": dict(self.extra),
        }

    @property
    def live(self) -> bool:
        return self.environment == "live"


@dataclass(frozen=True)
class Token:
    account: Account
    made_at: float
    lifetime: int


class Tokens:
    """OAuth access tokens of one provider; they end by themselves."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def make(self, text: str, account: Account, now: float, lifetime: int) -> str:
        self._tokens[text] = Token(account, now, lifetime)
        return text

    def find(self, text: str) -> Token | None:
        return self._tokens.get(text)

    def revoke(self, text: str) -> None:
        self._tokens.pop(text, None)

    def revoke_all(self, account: Account) -> None:
        for text in [text for text, token in self._tokens.items() if token.account is account]:
            self.revoke(text)

    def clear(self) -> None:
        self._tokens.clear()
