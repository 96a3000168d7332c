"""Bugs that such products have, each put into the real code by hand: the machine must find them all.

With each comes the shortest way to where it shows, as a person would try it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import methodcaller
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
    steps: tuple[Callable, ...]


MUTANTS: dict[str, Mutant] = {}


def mutant(*steps):
    def add(patch):
        MUTANTS[patch.__name__] = Mutant(patch, steps)
        return patch

    return add


def does(name, **arguments):
    """Return a step: an act of the machine's."""
    return methodcaller(name, **arguments)


def buys(comes_to, *, story="", clicks=1):
    return does("buy", guest=0, story=story, clicks=clicks, comes_to=comes_to)


def _decided(patch, decide):
    """Decide by `decide(original, facts, charge)`."""
    patch.setattr(settling, "decide", partial(decide, settling.decide))


@mutant(buys("sent"), does("lie", which=0))
def trust_body(patch):
    """What a webhook says is believed, and nobody asks the provider."""

    def believe(payment, *, provider_ref="", receipt=""):
        ref = payment.provider_ref or provider_ref
        return Charge(Outcome.SUCCEEDED, ref, receipt=receipt, amount=payment.amount)

    patch.setattr(processing, "asking", SimpleNamespace(fetch=believe))


@mutant(buys("asked", story="012"))
def no_amount(patch):
    """Whatever was paid, it is enough."""

    def decide(original, facts, charge):
        return original(facts, replace(charge, amount=facts.amount, currency=facts.currency))

    _decided(patch, decide)


@mutant(buys("asked"), does("deliver", which=0, times=1, works=True))
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


@mutant(does("switch_the_router", is_on=False), buys("asked"))
def giveup(patch):
    """A router that is away once is never told."""
    reconcile = services.reconcile

    def try_once(router):
        try:
            return reconcile(router)
        except RouterUnreachable:
            return passes.Outcome({})

    patch.setattr(services, "reconcile", try_once)


@mutant(buys("answered"), does("lose_webhooks"))
def no_poll(patch):
    """Nobody asks: webhooks will come."""
    patch.setattr(polling, "_ask", lambda payment: 0)


@mutant(buys("sent", story="009"))
def timeout_is_fail(patch):
    """No answer to the charge is taken for a no."""
    _take_unknown_for(patch, Declined)


@mutant(buys("sent", story="009"), does("wait", seconds=3, works=True))
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


@mutant(buys("sent", story="017"), does("wait", seconds=4000, works=True))
def no_late(patch):
    """Who pays after we have stopped waiting has paid for nothing."""

    def decide(original, facts, charge):
        return None if facts.state in CLOSED else original(facts, charge)

    _decided(patch, decide)


@mutant(does("crash", place="before give"), buys("asked"))
def crash_gap(patch):
    """The voucher is made after the success was written, and not with it."""

    def give_later(payment):
        transaction.on_commit(partial(_give, payment))

    patch.setattr(settling, "vouchers", SimpleNamespace(give=give_later))


@transaction.atomic
def _give(payment):
    vouchers.give(payment)


@mutant(does("crash", place="after carry_out"), buys("asked"))
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


@mutant(does("switch_the_router", is_on=False), buys("asked"))
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


@mutant(buys("asked"), does("tell_old_news", which=0))
def fail_over(patch):
    """The last word counts, whatever was said before."""
    patch.setitem(NEXT, State.SUCCEEDED, NEXT[State.SUCCEEDED] | {State.FAILED})

    def decide(original, facts, charge):
        if charge.outcome is Outcome.FAILED and facts.state is State.SUCCEEDED:
            return Step(State.FAILED, "failed")
        return original(facts, charge)

    _decided(patch, decide)


@mutant(buys("", clicks=2))
def no_idem(patch):
    """Two clicks are two purchases."""
    patch.setattr(purchasing, "_buying", lambda *args: secrets.token_hex(8))


@mutant(buys("sent"))
def no_audit(patch):
    """Steps are taken and not written down."""
    patch.setattr(transitions, "_note", lambda *args: None)
