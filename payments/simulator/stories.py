"""What a guest's phone, or card, makes happen: the last three digits choose the story."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What a guest does about a prompt, or what becomes of it."""

    PIN = "pin"
    CANCEL = "cancel"
    WRONG_PIN = "wrong_pin"
    INSUFFICIENT = "insufficient"
    NO_ANSWER = "no_answer"
    EXPIRED = "expired"
    LIMIT = "limit"
    LOCKED = "locked"
    DECLINED = "declined"  # cards: the issuer says no


class Telling(StrEnum):
    """How the merchant's webhook about it goes."""

    ONCE = "once"
    LOST = "lost"
    TWICE = "twice"
    TWICE_AT_ONCE = "twice at once"
    STALE_FIRST = "failed, after success"
    FORGED = "bad signature"
    TAMPERED = "body changed after signing"
    REPLAYED = "an old one again"


PROMPT_SECONDS = 60.0


@dataclass(frozen=True)
class Story:
    title: str
    answer: Answer | None = Answer.PIN  # None: somebody has to
    after: float = 2.0  # seconds from the charge to the answer
    telling: Telling = Telling.ONCE
    # How the charge is answered.
    refused: bool = False  # 500, and nothing happened
    throttled: float = 0.0  # 429 until so many seconds after the first try
    broken: bool = False  # 500, and it did happen
    unanswered: bool = False  # taken, and the connection is cut
    drip: float = 0.0  # seconds for each byte of the answer
    told_first: bool = False  # the webhook comes before the answer
    revoked: bool = False  # access tokens end as soon as it is taken
    # What is paid.
    short: int = 0  # minor units that are missing
    currency: str = ""  # instead of the one that was asked for
    elsewhere: bool = False  # into somebody else's account
    # What comes later.
    reversed_after: float = 0.0
    disputed_after: float = 0.0


UNTOLD = Story("waits for an answer here", answer=None)

STORIES: dict[str, Story] = {
    "000": Story("pays after 2 s"),
    "001": Story("has not enough money", answer=Answer.INSUFFICIENT),
    "002": Story("cancels", answer=Answer.CANCEL),
    "003": Story("does not answer for 60 s", answer=Answer.NO_ANSWER, after=PROMPT_SECONDS),
    "004": Story("pays, and the webhook is lost", telling=Telling.LOST),
    "005": Story("pays, and the webhook comes twice", telling=Telling.TWICE),
    "006": Story("pays, and two webhooks come at once", telling=Telling.TWICE_AT_ONCE),
    "007": Story("pays, and the webhook comes before the answer", told_first=True),
    "008": Story("fails, then pays; the failure is told last", telling=Telling.STALE_FIRST),
    "009": Story("pays, and the answer to the charge is lost", unanswered=True),
    "010": Story("500, and nothing happened", refused=True),
    "011": Story("500, and it happened all the same", broken=True),
    "012": Story("pays 1.00 too little", short=100),
    "013": Story("pays in another currency", currency="UGX"),
    "014": Story("pays into somebody else's account", elsewhere=True),
    "015": Story("pays, and it is reversed 10 s later", reversed_after=10.0),
    "016": Story("pays, and charges it back 10 s later", disputed_after=10.0),
    "017": Story("pays two hours later", after=7200.0),
    "018": Story("pays, and the webhook has a bad signature", telling=Telling.FORGED),
    "019": Story("pays, and the webhook's body was changed", telling=Telling.TAMPERED),
    "020": Story("pays, and an old webhook comes again", telling=Telling.REPLAYED),
    "021": Story("pays, and the answer to the charge drips in", drip=0.02),
    "022": Story("429 for 3 s, then pays", throttled=3.0),
    "023": Story("pays, and the access token is revoked", revoked=True),
}

_SUFFIX = re.compile(r"(?:^\+?[0-9]{7,}|_)(0[0-9]{2})$")


def told_by(text: str) -> Story | None:
    """Return the story of a phone number, or of a card token that ends in `_` and three digits."""
    found = _SUFFIX.search(text)
    return STORIES.get(found[1]) if found else None
