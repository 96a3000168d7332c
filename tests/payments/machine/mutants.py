"""Bugs that such products have, each put into the real code by hand: the machine must find them all.

`needs` are the faults without which the bug does no harm, and `crashes` where the process dies.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace

from django.db import transaction

from hotspot import issuing
from hotspot.models import Voucher
from payments import asking, charging, polling, purchasing, settling, terms, transitions, vouchers
from payments.gateways.base import Charge, Outcome
from payments.gateways.errors import Declined, NotSent, Unknown
from payments.models import Payment
from payments.settling import Step
from payments.states import CLOSED, NEXT, State
from payments.webhooks import processing
from routers.errors import RouterUnreachable
from routers.reconcile import passes, services


@dataclass(frozen=True)
class Mutant:
    patch: Callable
    needs: frozenset[str]
    crashes: tuple[str, ...]


MUTANTS: dict[str, Mutant] = {}


def mutant(*needs, crashes=()):
    def add(patch):
        MUTANTS[patch.__name__] = Mutant(patch, frozenset(needs), crashes)
        return patch

    return add


def _decided(patch, decide):
    """Decide by `decide(original, facts, charge)`."""
    patch.setattr(settling, "decide", partial(decide, settling.decide))


@mutant("lie")
def trust_body(patch):
    """What a webhook says is believed, and nobody asks the provider."""

    def believe(payment, *, provider_ref="", receipt=""):
        ref = payment.provider_ref or provider_ref
        return Charge(Outcome.SUCCEEDED, ref, receipt=receipt, amount=payment.amount)

    patch.setattr(processing, "asking", SimpleNamespace(fetch=believe))


@mutant("stories")
def no_amount(patch):
    """Whatever was paid, it is enough."""

    def decide(original, facts, charge):
        return original(facts, replace(charge, amount=facts.amount, currency=facts.currency))

    _decided(patch, decide)


@mutant("replay")
def dup(patch):
    """A success that is told again is paid out again."""
    apply = settling.apply

    def apply_again(payment_id, charge, **how):
        before = Payment.objects.get(pk=payment_id)
        payment = apply(payment_id, charge, **how)
        if before.state == State.SUCCEEDED and charge.outcome is Outcome.SUCCEEDED:
            sold = terms.from_json(payment.terms)
            source = Voucher.Source.SALE
            issuing.issue(before.router, sold, source=source, package=before.package)
        return payment

    patch.setattr(settling, "apply", apply_again)


@mutant("router away")
def giveup(patch):
    """A router that is away once is never told."""
    reconcile = services.reconcile

    def try_once(router):
        try:
            return reconcile(router)
        except RouterUnreachable:
            return passes.Outcome({})

    patch.setattr(services, "reconcile", try_once)


@mutant("lost webhook")
def no_poll(patch):
    """Nobody asks: webhooks will come."""
    patch.setattr(polling, "_ask", lambda payment: 0)


@mutant("network")
def timeout_is_fail(patch):
    """No answer to the charge is taken for a no."""
    _take_unknown_for(patch, Declined)


@mutant("network")
def blind_retry(patch):
    """A charge without an answer is sent again."""
    _take_unknown_for(patch, NotSent)


def _take_unknown_for(patch, kind):
    charge = asking.charge

    def sure(payment, attempt):
        try:
            return charge(payment, attempt)
        except Unknown as error:
            raise kind(error.code) from None

    patch.setattr(charging, "asking", SimpleNamespace(charge=sure))


@mutant("stories")
def no_late(patch):
    """Who pays after we have stopped waiting has paid for nothing."""

    def decide(original, facts, charge):
        return None if facts.state in CLOSED else original(facts, charge)

    _decided(patch, decide)


@mutant("crash", crashes=("before give",))
def crash_gap(patch):
    """The voucher is made after the success was written, and not with it."""

    def give_later(payment):
        transaction.on_commit(partial(_give, payment))

    patch.setattr(settling, "vouchers", SimpleNamespace(give=give_later))


@transaction.atomic
def _give(payment):
    vouchers.give(payment)


@mutant("crash", crashes=("after carry_out",))
def exists_is_err(patch):
    """A user that stands on the router already, for its answer was lost, is not taken for ours."""
    keys = passes.View.keys

    def only_those_that_were_told(view):
        for key in keys(view):
            kind, id_ = key.split(":")[1:3]
            told = Voucher.objects.exclude(on_router_at=None)
            if kind != "voucher" or told.filter(pk=id_).exists():
                yield key

    patch.setattr(passes.View, "keys", only_those_that_were_told)


@mutant("router away")
def new_code_on_retry(patch):
    """A router that is tried again is given another code."""
    reconcile = services.reconcile

    def with_new_codes(router):
        try:
            return reconcile(router)
        except RouterUnreachable:
            for voucher in Voucher.objects.filter(router=router, on_router_at=None):
                issuing.draw_new_code(voucher)
            raise

    patch.setattr(services, "reconcile", with_new_codes)


@mutant("old news")
def fail_over(patch):
    """The last word counts, whatever was said before."""
    patch.setitem(NEXT, State.SUCCEEDED, NEXT[State.SUCCEEDED] | {State.FAILED})

    def decide(original, facts, charge):
        if charge.outcome is Outcome.FAILED and facts.state is State.SUCCEEDED:
            return Step(State.FAILED, "failed")
        return original(facts, charge)

    _decided(patch, decide)


@mutant()
def no_idem(patch):
    """Two clicks are two purchases."""
    patch.setattr(purchasing, "_buying", lambda *args: "")


@mutant()
def no_audit(patch):
    """Steps are taken and not written down."""
    patch.setattr(transitions, "_note", lambda *args: None)
