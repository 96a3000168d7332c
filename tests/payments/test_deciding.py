"""What is decided when a provider has spoken: everything, and never backwards."""

import itertools
from datetime import timedelta

import pytest

from payments.gateways.base import Charge, Environment, Outcome
from payments.settling import Facts, Step, decide
from payments.states import CLOSED, NEXT, OPEN, State

PRICE = 1000
REF = "charge-1"
UNSETTLED = sorted(OPEN | CLOSED)
PAID = sorted(set(State) - OPEN - CLOSED)
MONEY = [Outcome.SUCCEEDED, Outcome.REFUNDED, Outcome.DISPUTED]

# How far a payment has come. Nothing a provider says takes it down but a dispute that is won.
RANK = dict.fromkeys(OPEN, 0) | dict.fromkeys(CLOSED, 1) | {
    State.REVIEW: 2,
    State.SUCCEEDED: 3,
    State.REFUND_PENDING: 3,
    State.PARTIALLY_REFUNDED: 4,
    State.DISPUTED: 5,
    State.REFUNDED: 6,
}  # fmt: skip


def books(state, **more):
    """Return what the books say of a payment in `state`."""
    paid = state not in OPEN | CLOSED
    gone = state in (State.REFUNDED, State.DISPUTED)
    columns = {
        "received": PRICE if paid else 0,
        "refunded": PRICE if gone else 100 if state is State.PARTIALLY_REFUNDED else 0,
        "refund_held": PRICE if state is State.REFUND_PENDING else 0,
        "taken_back": PRICE if state is State.DISPUTED else 0,
        "provider_ref": REF,
        "reference": "ours-1",
        "references": frozenset({"ours-1"}),
        "identity": "till-1",
        "environment": Environment.SANDBOX,
        "has_voucher": paid,
        "money_currency": "KES",
    }
    return Facts(state, PRICE, "KES", **columns | more)


def say(outcome, **more):
    return Charge(outcome, **{"provider_ref": REF, "amount": PRICE, "currency": "KES"} | more)


MISMATCHES = {
    "amount_differs": {"amount": PRICE - 1},
    "currency_differs": {"currency": "UGX"},
    "account_differs": {"account": "till-2"},
    "environment_differs": {"live": True},
    "reference_differs": {"reference": "somebody-else's"},
}
SAYINGS = [
    say(outcome, **mismatch)
    for outcome in Outcome
    for mismatch in ({}, *MISMATCHES.values(), {"amount": PRICE + 1}, {"amount": None},
                     {"refunded": 100}, {"refunded": PRICE}, {"provider_ref": "charge-2"})
]  # fmt: skip


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("of_another", [False, True])
@pytest.mark.parametrize("can_have_voucher", [False, True])
def test_every_saying_in_every_state_leads_along_the_map_and_never_back(
    state, of_another, can_have_voucher
):
    facts = books(state, of_another=of_another, can_have_voucher=can_have_voucher)

    for charge in SAYINGS:
        step = decide(facts, charge)
        if step is None:
            continue
        assert step.to in NEXT[state], charge
        assert RANK[step.to] >= RANK[state], charge
        assert facts.received + step.came - facts.refunded - step.went - facts.refund_held >= 0


@pytest.mark.parametrize("state", UNSETTLED)
def test_the_whole_price_makes_any_unpaid_payment_good(state):
    assert decide(books(state), say(Outcome.SUCCEEDED)) == Step(State.SUCCEEDED, came=PRICE)


@pytest.mark.parametrize("state", UNSETTLED)
def test_a_provider_that_repeats_no_amount_took_what_it_was_asked_for(state):
    charge = say(Outcome.SUCCEEDED, amount=None, currency="")

    assert decide(books(state), charge) == Step(State.SUCCEEDED, came=PRICE)


@pytest.mark.parametrize("state", UNSETTLED)
@pytest.mark.parametrize("reason", ["amount_differs", "currency_differs"])
def test_other_money_than_the_price_is_kept_for_a_person_to_look_at(state, reason):
    charge = say(Outcome.SUCCEEDED, **MISMATCHES[reason])

    assert decide(books(state), charge) == Step(State.REVIEW, reason, came=charge.amount)


@pytest.mark.parametrize("state", UNSETTLED)
@pytest.mark.parametrize("outcome", MONEY)
@pytest.mark.parametrize("reason", ["account_differs", "environment_differs", "reference_differs"])
def test_money_that_is_not_in_the_account_is_not_counted(state, outcome, reason):
    charge = say(outcome, **MISMATCHES[reason])

    assert decide(books(state), charge) == Step(State.REVIEW, reason)


@pytest.mark.parametrize("state", UNSETTLED)
def test_a_charge_that_paid_for_something_else_pays_for_nothing_more(state):
    facts = books(state, of_another=True)

    assert decide(facts, say(Outcome.SUCCEEDED)) == Step(State.REVIEW, "charge_of_another")


@pytest.mark.parametrize("state", UNSETTLED)
def test_money_for_a_router_that_is_gone_is_kept_for_a_person_to_look_at(state):
    facts = books(state, can_have_voucher=False)

    step = decide(facts, say(Outcome.SUCCEEDED))

    assert step == Step(State.REVIEW, "no_voucher_possible", came=PRICE)


@pytest.mark.parametrize(
    ("outcome", "to"), [(Outcome.REFUNDED, State.REFUNDED), (Outcome.DISPUTED, State.DISPUTED)]
)
@pytest.mark.parametrize("state", UNSETTLED)
def test_money_that_came_and_went_unseen_is_in_the_books_both_ways(state, outcome, to):
    step = decide(books(state), say(outcome))

    assert (step.to, step.came, step.went) == (to, PRICE, PRICE)


@pytest.mark.parametrize("state", State)
def test_a_no_ends_what_is_open_and_nothing_else(state):
    step = decide(books(state), say(Outcome.FAILED, reason="cancelled"))

    assert step == (Step(State.FAILED, "cancelled") if state in OPEN else None)


@pytest.mark.parametrize("state", State)
def test_not_yet_says_only_that_the_provider_has_it(state):
    step = decide(books(state), say(Outcome.PENDING))

    news = {State.CREATED, State.SUBMITTING, State.UNKNOWN}
    assert step == (Step(State.PENDING) if state in news else None)


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.FAILED])
def test_what_became_of_an_earlier_attempt_does_not_end_this_one(outcome):
    facts = books(
        State.SUBMITTING,
        provider_ref="",
        reference="ours-2",
        references=frozenset({"ours-1", "ours-2"}),
    )

    assert decide(facts, say(outcome, reference="ours-1")) is None
    assert decide(facts, say(Outcome.SUCCEEDED, reference="ours-1")).to == State.SUCCEEDED


@pytest.mark.parametrize("state", PAID)
def test_the_same_success_again_changes_nothing(state):
    assert decide(books(state), say(Outcome.SUCCEEDED)) is None


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.PARTIALLY_REFUNDED])
def test_a_refund_made_at_the_provider_is_taken_over_once(state):
    facts = books(state)

    step = decide(facts, say(Outcome.SUCCEEDED, refunded=400))

    assert (step.to, step.went) == (State.PARTIALLY_REFUNDED, 400 - facts.refunded)
    after = books(State.PARTIALLY_REFUNDED, refunded=400)
    assert decide(after, say(Outcome.SUCCEEDED, refunded=400)) is None


def test_what_was_given_back_by_hand_is_no_part_of_what_the_provider_gave_back():
    facts = books(State.PARTIALLY_REFUNDED, refunded=500, by_hand=500)

    assert decide(facts, say(Outcome.SUCCEEDED)) is None
    assert decide(facts, say(Outcome.SUCCEEDED, refunded=300)).went == 300


def test_a_refund_at_the_provider_waits_for_one_of_ours():
    held = books(State.REFUND_PENDING, refund_held=300)

    assert decide(held, say(Outcome.SUCCEEDED, refunded=300)) is None
    assert decide(held, say(Outcome.REFUNDED)) is None


def test_what_is_in_review_stays_there_when_a_part_goes_back():
    facts = books(State.REVIEW, received=1500)

    step = decide(facts, say(Outcome.SUCCEEDED, amount=1500, refunded=500))

    assert step == Step(State.REVIEW, "refunded_at_provider", went=500)


def test_the_last_part_of_a_price_paid_in_parts_makes_it_good():
    facts = books(State.REVIEW, received=600, has_voucher=False)

    assert decide(facts, say(Outcome.SUCCEEDED, amount=800)) == Step(
        State.REVIEW, "amount_differs", came=200
    )
    assert decide(facts, say(Outcome.SUCCEEDED)) == Step(State.SUCCEEDED, came=400)


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.REVIEW, State.PARTIALLY_REFUNDED])
def test_a_dispute_takes_all_that_is_left(state):
    facts = books(state)

    step = decide(facts, say(Outcome.DISPUTED))

    assert step == Step(State.DISPUTED, "disputed", went=facts.remaining)


def test_paid_again_after_a_dispute_counts_once_it_cannot_be_old_news():
    soon = books(State.DISPUTED, in_state_for=timedelta(hours=1))
    later = books(State.DISPUTED, in_state_for=timedelta(hours=25))

    assert decide(soon, say(Outcome.SUCCEEDED)) is None
    assert decide(later, say(Outcome.SUCCEEDED)) == Step(State.SUCCEEDED, "dispute_won", came=PRICE)


@pytest.mark.parametrize(
    ("more", "to"),
    [
        ({"has_voucher": False}, State.REVIEW),
        ({"taken_back": PRICE - 300}, State.PARTIALLY_REFUNDED),
    ],
)
def test_a_dispute_that_is_won_leads_to_where_the_payment_was(more, to):
    facts = books(State.DISPUTED, in_state_for=timedelta(days=30), **more)

    assert decide(facts, say(Outcome.SUCCEEDED)).to == to


def test_all_states_and_outcomes_are_decided_here():
    sayings = set(itertools.product(State, Outcome))

    assert len(sayings) == len(State) * len(Outcome) == 65
