"""What can happen at a café that sells, in any order; each run draws which of it does."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from payments.models import Payment
from payments.simulator.stories import UNTOLD
from payments.states import OPEN, State
from tests.payments.machine.oracle import Oracle
from tests.payments.machine.world import CARDS, NOT_TOLD, PRICE, World

# What else guests and providers do than what the rules below let them: see the simulator's stories.
PHONE_STORIES = [NOT_TOLD, "000", "009", "010", "011", "012", "013", "014", "017", "022"]
CARD_STORIES = ["000", "001", "009", "010", "011", "012", "013", "017", "022"]
FAULTS = [
    "crash", "database", "forged", "lie", "lost webhook", "network", "old news", "refund",
    "replay", "reversal", "router away", "router wiped", "stories", "rotation", "price",
]  # fmt: skip
# So many waits cover the ladder from its first rung to the daily ones.
LONGEST = 9 * 86_400
number = st.integers(0, 7)


def drawn(fault):
    return precondition(lambda machine: fault in machine.faults)


class PaymentMachine(RuleBasedStateMachine):
    """Subclasses set `surroundings`: the simulators, and the providers to draw from."""

    surroundings = None
    faults_on = None  # instead of those that a run would draw
    crashes = World.CRASHES  # where the process may die
    wrong = None  # a list that what was wrong is added to

    def __init__(self):
        super().__init__()
        self.receipts = []
        self.faults = frozenset()
        self.world = None

    @initialize(data=st.data(), faults=st.frozensets(st.sampled_from(FAULTS), max_size=6))
    def open_the_cafe(self, data, faults):
        simulators, slugs = self.surroundings
        self.faults = faults if self.faults_on is None else self.faults_on
        self.world = World(**simulators, slug=data.draw(st.sampled_from(slugs)))
        self.oracle = Oracle(self.world)

    # Guests ---------------------------------------------------------------------------------

    @rule(guest=st.integers(0, 3), story=st.integers(0, 9), clicks=st.sampled_from([1, 1, 2]))
    def buy(self, guest, story, clicks):
        stories = CARD_STORIES if self.world.slug in CARDS else PHONE_STORIES
        ending = stories[story % len(stories)] if "stories" in self.faults else stories[0]
        for _ in range(clicks):
            if receipt := self.world.buy(guest, ending):
                self.receipts.append(receipt)

    @rule(guest=st.integers(0, 3), story=st.integers(0, 9))
    def buy_and_pay(self, guest, story):
        """What most guests do: random steps alone would seldom come so far."""
        self.buy(guest, story, 1)
        self.world.work()
        for prompt in self.world.providers.prompts():
            if prompt.story == UNTOLD.title:
                self.world.providers.answer(prompt, "pin")

    @rule(which=number, given=st.sampled_from(["pin", "pin", "cancel", "insufficient"]))
    def answer_the_prompt(self, which, given):
        prompts = self.world.providers.prompts()
        if prompts:
            self.world.providers.answer(prompts[which % len(prompts)], given)

    @precondition(lambda machine: machine.receipts)
    @rule(which=number)
    def look(self, which):
        self.world.look(self.receipts[which % len(self.receipts)])

    # Time -----------------------------------------------------------------------------------

    @rule()
    def work(self):
        self.world.work()

    @rule(seconds=st.sampled_from([1, 3, 10, 45, 130, 200, 4000]))
    def wait(self, seconds):
        self.world.advance(seconds)

    @rule(seconds=st.sampled_from([2, 5, 40]))
    def wait_and_work(self, seconds):
        self.world.advance(seconds)
        self.world.work()

    @rule()
    def have_a_quiet_time(self):
        """Before the next sale: it would heal what the last one broke."""
        self._come_right()

    # Webhooks -------------------------------------------------------------------------------

    @rule(which=number, times=st.sampled_from([1, 1, 2]))
    def deliver(self, which, times):
        queued = self.world.providers.webhooks.queued
        if queued:
            webhook = queued[which % len(queued)]
            for _ in range(times):
                self.world.deliver(webhook)

    @drawn("replay")
    @rule(which=number)
    def replay(self, which):
        if self.world.taken:
            self.world.deliver(self.world.taken[which % len(self.world.taken)])

    @drawn("lost webhook")
    @rule()
    def lose_webhooks(self):
        self.world.providers.webhooks.queued.clear()

    @drawn("forged")
    @rule(which=number, how=st.sampled_from(["signature", "body"]))
    def forge(self, which, how):
        queued = self.world.providers.webhooks.queued
        if queued:
            self.world.deliver(queued[which % len(queued)], forged=how)

    @drawn("lie")
    @rule(which=number)
    def lie(self, which):
        if payment := self._one(OPEN, which):
            self.world.lie(payment)

    # The provider ---------------------------------------------------------------------------

    @drawn("network")
    @rule(
        route=st.sampled_from(["charge", "charge", "charge", "fetch", "token", "list", "look_up", "refund"]),
        effect=st.sampled_from(
            [
                {"drop_request": True}, {"drop_response": True}, {"status": 500},
                {"status": 503, "after": True}, {"status": 429}, {"truncate": 10}, {"body": "<html>"},
            ]
        ),
    )  # fmt: skip
    def spoil_the_network(self, route, effect):
        self.world.providers.faults.add(self.world.slug, route, **effect)

    @drawn("old news")
    @rule(which=number)
    def tell_old_news(self, which):
        if payment := self._one({State.PENDING, State.SUCCEEDED}, which):
            self.world.tell_old_news(payment)

    @drawn("reversal")
    @rule(which=number)
    def reverse(self, which):
        if payment := self._one({State.SUCCEEDED}, which):
            self.world.providers.reverse(payment.provider_ref)

    # We -------------------------------------------------------------------------------------

    @drawn("crash")
    @rule(which=st.integers(0, len(World.CRASHES) - 1))
    def crash(self, which):
        self.world.crash_at = self.crashes[which % len(self.crashes)]

    @drawn("database")
    @rule(writes=st.integers(1, 12))
    def lose_the_database(self, writes):
        self.world.fails_in = writes

    @drawn("refund")
    @rule(which=number)
    def refund(self, which):
        if payment := self._one({State.SUCCEEDED, State.REVIEW}, which):
            self.world.refund(payment)

    @drawn("rotation")
    @rule()
    def rotate_keys(self):
        self.world.rotate_keys()

    @drawn("price")
    @rule(price=st.sampled_from([PRICE, PRICE + 500]))
    def edit_the_package(self, price):
        self.world.edit_package(price)

    # The router -----------------------------------------------------------------------------

    @drawn("router away")
    @rule(is_on=st.booleans())
    def switch_the_router(self, is_on):
        self.world.device.switch_on() if is_on else self.world.device.switch_off()

    @drawn("router wiped")
    @rule()
    def wipe_the_router(self):
        self.world.device.factory_reset()

    # What must hold -------------------------------------------------------------------------

    @invariant()
    def all_is_right(self):
        if self.world:
            self._judge(self.oracle.check)

    def teardown(self):
        if self.world is None:
            return
        try:
            self._come_to_an_end()
        finally:
            self.world.close()

    def _come_right(self):
        """Whatever was wrong is over: in the time that it takes, all is put right."""
        self.world.clear()
        until = self.world.providers.clock.now() + LONGEST
        self.world.work()
        while self.world.providers.prompts() or self.oracle.unexplained():
            seconds = self.world.next_event()
            if seconds is None or self.world.providers.clock.now() > until:
                break
            self.world.advance(seconds)
            self.world.work()
        self._judge(self.oracle.check_access)

    def _come_to_an_end(self):
        self._come_right()
        self._judge(self.oracle.check_end)

    def _judge(self, check):
        try:
            check()
        except AssertionError as error:
            self.wrong.append(str(error).splitlines()[0])
            raise

    def _one(self, states, which):
        payments = list(Payment.objects.filter(state__in=states).order_by("pk"))
        return payments[which % len(payments)] if payments else None
