"""What cards have in common: who pays with one hears at once."""

from __future__ import annotations

from payments.simulator.bank import Bank
from payments.simulator.charges import Charge
from payments.simulator.stories import PROMPT_SECONDS, Answer, Story, Telling, told_by

APPROVED = Story("pays by card")
REVIEWED = Story("is looked into for an hour, then pays", after=3600.0)


def story_of(token: str, outcome: Answer) -> Story:
    """Return what this card does: its last three digits say, or else what it is made for."""
    if told := told_by(token):
        return told
    return APPROVED if outcome is Answer.PIN else Story(f"is {outcome}", answer=outcome)


def settle(bank: Bank, charge: Charge) -> None:
    """Let the issuer answer before the merchant does hear of it, unless the story is longer."""
    story = charge.story
    is_long = story.after >= PROMPT_SECONDS or story.telling is Telling.STALE_FIRST
    if story.answer and not is_long and not story.told_first:
        bank.answer(charge, story.answer)
