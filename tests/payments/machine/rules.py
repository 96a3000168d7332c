"""What can happen at a café that sells, in any order; each run draws which of it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from payments.models import Payment
from payments.simulator.stories import UNTOLD
from payments.states import State
from tests.payments.machine.oracle import Oracle
from tests.payments.machine.world import CARDS, NOT_TOLD, PRICE, World

# What else guests and providers do than what the acts below let them: see the simulator's stories.
STORIES = ["001", "008", "009", "010", "011", "012", "013", "014", "017", "022"]
# What a provider tells nobody who asks, so that it takes the webhook to know it.
UNKNOWABLE = {"daraja": {"012", "013"}}
# Who knows the address is believed there about the amount, which nobody else tells: so it is secret.
UNSIGNED = {"daraja"}
LONGEST = 9 * 86_400  # the ladder from its first rung to the daily ones
FAULTS_AT_ONCE = 2, 5  # in one run: too many hide what each of them does
number = range(8)


@dataclass(frozen=True)
class Act:
    """Something that can happen, always or where `fault` is drawn, as often as its weight says."""

    fault: str
    weight: int
    is_early: bool  # whether it comes to something where nothing was sold yet
    choices: Mapping[str, Sequence]  # of its arguments


ACTS: dict[str, Act] = {}  # by the method


def act(fault="", *, weight=2, is_early=False, **choices):
    def add(method):
        ACTS[method.__name__] = Act(fault, weight, is_early, choices)
        return method

    return add


class PaymentMachine(RuleBasedStateMachine):
    """Subclasses set `surroundings`: the simulated providers and the simulated router.

    All of a run follows from one number. Of many rules Hypothesis would leave out a half in each
    run, buying as often as not; of many draws it would make runs that are hardly other ones.
    """

    surroundings = None
    began = 0  # runs
    wrong = None  # a list that what was wrong is added to

    def __init__(self):
        super().__init__()
        self.receipts = []
        self.world = None
        self.is_wrong = False

    @initialize(chance=st.randoms(use_true_random=True))
    def open_the_cafe(self, chance):
        self.chance = chance
        all_faults = sorted({act.fault for act in ACTS.values()} - {""})
        faults = {"", *chance.sample(all_faults, chance.randint(*FAULTS_AT_ONCE))}
        self.acts = [name for name, act in ACTS.items() if act.fault in faults]
        self.open_at(chance.choice(self.surroundings["providers"].slugs))

    @rule()
    def something_happens(self):
        can = [name for name in self.acts if self.receipts or ACTS[name].is_early]
        (name,) = self.chance.choices(can, [ACTS[name].weight for name in can])
        choices = ACTS[name].choices.items()
        arguments = {argument: self.chance.choice(values) for argument, values in choices}
        note(f"{name} {arguments}")
        getattr(self, name)(**arguments)

    def play(self, steps):
        """Let just this happen, at a café whose guests have phones to pay with."""
        self.open_at("kopokopo")
        try:
            for step in steps:
                step(self)
                self.all_is_right()
        finally:
            self.teardown()

    def open_at(self, slug):
        type(self).began += 1
        self.world = World(**self.surroundings, slug=slug)
        self.oracle = Oracle(self.world)

    # Guests ---------------------------------------------------------------------------------

    @act(
        weight=6,
        is_early=True,
        guest=range(3),
        story=[*STORIES, *[""] * len(STORIES)],
        clicks=[1, 1, 1, 2],
        comes_to=["", "sent", "sent", "answered", "asked", "asked"],
    )
    def buy(self, guest, story, clicks, comes_to):
        """Most sales go on from there: random acts alone would seldom come so far."""
        ending = self._ending(story)
        for _ in range(clicks):
            if receipt := self.world.buy(guest, ending):
                self.oracle.note_purchase(receipt, guest, ending)
                self.receipts.append(receipt)
        if not comes_to:
            return
        self.world.work()
        if comes_to == "sent":
            return
        for prompt in self.world.providers.prompts():
            if prompt.story == UNTOLD.title:
                self.world.providers.answer(prompt, "pin")
        if comes_to == "asked":
            self.world.advance(4)
            self.world.work()

    def _ending(self, story):
        if story and story not in UNKNOWABLE.get(self.world.slug, ()):
            return story
        return "000" if self.world.slug in CARDS else NOT_TOLD

    @act(which=number, given=["pin", "pin", "cancel", "insufficient"])
    def answer_the_prompt(self, which, given):
        prompts = self.world.providers.prompts()
        if prompts:
            self.world.providers.answer(prompts[which % len(prompts)], given)

    @act(weight=1, which=number)
    def look(self, which):
        if self.receipts:
            self.world.look(self.receipts[which % len(self.receipts)])

    # Time -----------------------------------------------------------------------------------

    @act(weight=3, seconds=[0, 3, 10, 45, 130, 4000], works=[True, False])
    def wait(self, seconds, works):
        self.world.advance(seconds)
        if works or not seconds:
            self.world.work()

    # Webhooks -------------------------------------------------------------------------------

    @act(weight=3, which=number, times=[1, 1, 2], works=[True, False])
    def deliver(self, which, times, works):
        if queued := self.world.providers.webhooks.queued:
            webhook = queued[which % len(queued)]
            for _ in range(times):
                self.world.deliver(webhook)
            if works:
                self.world.work()

    @act("webhooks", which=number)
    def replay(self, which):
        if self.world.taken:
            self.world.deliver(self.world.taken[which % len(self.world.taken)])
            self.world.work()

    @act("webhooks")
    def lose_webhooks(self):
        self.world.lose_webhooks()

    @act("forgers", which=number, how=["signature", "body"])
    def forge(self, which, how):
        if self.world.slug in UNSIGNED:
            how = "signature"
        if queued := self.world.providers.webhooks.queued:
            self.world.deliver(queued[which % len(queued)], forged=how)

    @act("forgers", weight=3, which=number)
    def lie(self, which):
        if prompts := self.world.providers.prompts():
            self.world.lie(prompts[which % len(prompts)])
            self.world.work()

    # The provider ---------------------------------------------------------------------------

    @act(
        "network",
        weight=3,
        is_early=True,
        route=["charge", "charge", "charge", "fetch", "token", "list", "look_up", "refund"],
        effect=[
                {"drop_response": True}, {"status": 503, "after": True}, {"truncate": 10},
                {"drop_request": True}, {"status": 500}, {"status": 429}, {"body": "<html>"},
            ],
    )  # fmt: skip
    def spoil_the_network(self, route, effect):
        self.world.providers.faults.add(self.world.slug, route, **effect)

    @act("old news", weight=3, which=number)
    def tell_old_news(self, which):
        if payment := self._one({State.SUCCEEDED, State.PENDING}, which):
            self.world.tell_old_news(payment)

    @act("refunds", which=number)
    def reverse(self, which):
        if payment := self._one({State.SUCCEEDED}, which):
            self.world.providers.reverse(payment.provider_ref)

    # We -------------------------------------------------------------------------------------

    @act("crash", weight=4, is_early=True, place=World.CRASHES)
    def crash(self, place):
        self.world.crash_at = place

    @act("database", is_early=True, writes=range(1, 13))
    def lose_the_database(self, writes):
        self.world.fails_in = writes

    @act("refunds", which=number)
    def refund(self, which):
        if payment := self._one({State.SUCCEEDED, State.REVIEW}, which):
            self.world.refund(payment)

    @act("edits", weight=1, is_early=True)
    def rotate_keys(self):
        self.world.rotate_keys()

    @act("edits", weight=1, is_early=True, price=[PRICE, PRICE + 500])
    def edit_the_package(self, price):
        self.world.edit_package(price)

    # The router -----------------------------------------------------------------------------

    @act("router", weight=4, is_early=True, is_on=[False, False, False, True])
    def switch_the_router(self, is_on):
        self.world.device.switch_on() if is_on else self.world.device.switch_off()

    @act("router", is_early=True, said=range(200, 3000))
    def lose_what_the_router_says(self, said):
        """After so many bytes: it has done what it was told, and nobody hears of it."""
        self.world.device.faults.set(cut_after=said)

    @act("router", weight=1, is_early=True)
    def wipe_the_router(self):
        self.world.wipe_the_router()

    # What must hold -------------------------------------------------------------------------

    @invariant()
    def all_is_right(self):
        if self.world and self.world.has_changed():
            self._judge(self.oracle.check)

    def teardown(self):
        if self.world is None:
            return
        try:
            if not self.is_wrong:
                self._come_right()
                self._judge(self.oracle.check_access)
                self._judge(self.oracle.check_end)
        finally:
            self.world.close()

    def _come_right(self):
        """Whatever was wrong is over: in the time that it takes, all is put right.

        First what was sold: another sale would heal what the one before it broke.
        """
        self.world.clear_ours()
        self._wait_while(self.oracle.without_access)
        self._judge(self.oracle.check_codes)
        self.world.clear()
        self._wait_while(self.oracle.unexplained)

    def _wait_while(self, is_wrong):
        waited = 0.0
        while waited < LONGEST and is_wrong():
            self.world.work()
            seconds = self.world.next_event()
            if seconds is None or not is_wrong():
                break
            # What has not come right by then is looked at ever more seldom.
            seconds = max(seconds, waited / 2)
            self.world.advance(seconds)
            waited += seconds

    def _judge(self, check):
        try:
            check()
        except AssertionError as error:
            self.is_wrong = True
            self.wrong.append(str(error).splitlines()[0])
            raise

    def _one(self, states, which):
        payments = list(Payment.objects.filter(state__in=states).order_by("pk"))
        return payments[which % len(payments)] if payments else None
