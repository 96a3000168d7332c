"""What every gateway promises (`base.Gateway`), held against every simulated provider."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from payments import providers as registry
from payments.gateways.base import (
    Account,
    Asked,
    ChargeRequest,
    Delivery,
    Environment,
    Gateway,
    Means,
    Outcome,
    RefundOutcome,
    RefundRequest,
    Topic,
)
from payments.gateways.errors import (
    Absent,
    BadSignature,
    BadWebhook,
    Declined,
    GatewayError,
    KeysRefused,
    NotSent,
    Unknown,
)

PHONES, CARDS = ("kopokopo", "intasend", "daraja"), ("mercadopago", "conekta")
ALL = PHONES + CARDS
SOON = 10.0  # seconds that only a hanging test meets
HOOK = "http://127.0.0.1:9/hook/"  # nobody is there: what would be sent is read from the simulator


@dataclass
class Shop:
    """A merchant with an account at a simulated provider."""

    gateway: Gateway
    account: Account
    world: object  # the simulator
    sold: int = 0

    @property
    def slug(self):
        return self.gateway.slug

    @property
    def by_phone(self):
        return Means.PHONE in self.gateway.means

    def request(self, ending="000", **changes):
        """Return a charge to make; `ending` is what the simulator's guests go by."""
        self.sold += 1
        token = {"mercadopago": "test_APRO", "conekta": "tok_test_visa_4242"}.get(self.slug, "")
        request = ChargeRequest(
            reference=f"pay-{self.sold}-of-this-test",
            amount=2000,
            currency="KES" if self.by_phone else "MXN",
            description="WiFi, 1 hour",
            callback_url=HOOK,
            phone=f"+254712345{ending}" if self.by_phone else "+525512345678",
            email="" if self.by_phone else "guest@example.com",
            card_token=token and f"{token}_{ending}",
        )
        return replace(request, **changes)

    def charge(self, request, **kwargs):
        return self.gateway.charge(self.account, request, **{"deadline": SOON} | kwargs)

    def sell(self, ending="000", **changes):
        """Charge, let the guest answer, and return what was asked and how it stands then."""
        request = self.request(ending, **changes)
        asked = self.asked(request, self.charge(request).provider_ref)
        self.world.clock.advance(5)
        return asked, self.fetch(asked)

    def asked(self, request, provider_ref=""):
        started = datetime.now(UTC)
        return Asked(request.reference, request.amount, request.currency, started, provider_ref)

    def fetch(self, asked, **changes):
        return self.gateway.fetch(replace(self.account, **changes), asked, deadline=SOON)

    def deliveries(self):
        """Return the webhooks that the provider has tried to send, as they would come."""
        return [delivered(self.world, webhook) for webhook in self.world.webhooks.sent]

    def charged(self):
        """Return the ids of all charges that the provider has made, paid or not."""
        return {entry.ref for entry in self.world.ledger if entry.op == "charge"}


def delivered(world, webhook, forged=None):
    message = world.webhooks.message(webhook, forged)
    headers = {name.lower(): value for name, value in message.headers.items()}
    return Delivery(headers, dict(parse_qsl(urlsplit(message.url).query)), message.body)


@pytest.fixture
def shop_at(providers):
    """Return a function that opens a shop at a provider, with keys of its own."""

    def open_shop(slug, environment="sandbox", **extra):
        keys = providers.open_account(slug, environment=environment, webhook_url=HOOK, **extra)
        account = Account(
            Environment(environment), keys["api_key"], keys["private_key"], keys["extra"]
        )
        gateway = registry.gateway_of(slug)
        identity = gateway.verify(account, deadline=SOON)
        return Shop(gateway, replace(account, identity=identity), providers)

    return open_shop


@pytest.fixture(params=ALL)
def shop(request, shop_at):
    return shop_at(request.param)


@pytest.fixture(params=PHONES)
def phone_shop(request, shop_at):
    return shop_at(request.param)


@pytest.fixture(params=CARDS)
def card_shop(request, shop_at):
    return shop_at(request.param)


def who(can):
    """Run a test at the providers that can do this."""
    slugs = [slug for slug in ALL if getattr(registry.gateway_of(slug), can)]
    return pytest.mark.parametrize("shop", slugs, indirect=True)


# --- Accounts -------------------------------------------------------------------------------


def test_good_keys_look_good(shop):
    assert shop.gateway.check_account(shop.account) == {}


def test_each_field_is_checked_by_its_look(shop):
    required = {field.name for field in shop.gateway.fields if field.required}
    bare = replace(shop.account, api_key="", private_key="a b", extra={"colour": "red"})

    assert shop.gateway.check_account(bare).keys() == {
        "api_key", "private_key", "colour", *required,
    }  # fmt: skip


def test_a_provider_says_whose_keys_it_is_shown(shop):
    assert shop.account.identity
    assert shop.gateway.verify(shop.account, deadline=SOON) == shop.account.identity


def test_two_accounts_are_two(shop, shop_at):
    assert shop_at(shop.slug).account.identity != shop.account.identity


def test_keys_that_the_provider_does_not_know_are_refused(shop):
    asked, _ = shop.sell()
    before = shop.charged()
    stranger = replace(shop, account=replace(shop.account, private_key="sk-nobody-knows"))

    with pytest.raises(KeysRefused):
        shop.gateway.verify(stranger.account, deadline=SOON)
    with pytest.raises(KeysRefused):
        stranger.charge(shop.request())
    if shop.slug != "intasend":  # which tells how a charge stands to whoever knows the public key
        with pytest.raises(KeysRefused):
            stranger.fetch(asked)

    assert shop.charged() == before


# --- Charges --------------------------------------------------------------------------------


def test_a_good_charge_is_not_refused_beforehand(shop):
    assert shop.gateway.check_charge(shop.request()) == {}


@pytest.mark.parametrize("changes", [{"currency": "USD"}, {"amount": 0}])
def test_what_the_provider_would_refuse_is_known_beforehand(shop, changes):
    assert shop.gateway.check_charge(shop.request(**changes)).keys() == changes.keys()


@pytest.mark.parametrize("phone", ["", "0712345678", "+525512345678", "+2547123456789"])
def test_a_prompt_needs_a_kenyan_number(phone_shop, phone):
    assert phone_shop.gateway.check_charge(phone_shop.request(phone=phone)).keys() == {"phone"}


@pytest.mark.parametrize("changes", [{"card_token": ""}, {"email": ""}, {"card_token": "a\nb"}])
def test_a_card_needs_a_token_and_an_address(card_shop, changes):
    assert card_shop.gateway.check_charge(card_shop.request(**changes)).keys() == changes.keys()


def test_a_prompt_is_pending_until_the_guest_answers(phone_shop):
    request = phone_shop.request()
    charge = phone_shop.charge(request)
    asked = phone_shop.asked(request, charge.provider_ref)

    assert charge.outcome is Outcome.PENDING
    assert phone_shop.fetch(asked).outcome is Outcome.PENDING
    assert phone_shop.charged() == {charge.provider_ref}


def test_a_charge_that_is_paid_says_all_that_it_must(shop):
    asked, charge = shop.sell()

    assert charge.outcome is Outcome.SUCCEEDED
    assert charge.provider_ref == asked.provider_ref
    assert charge.refunded == 0
    if shop.slug != "daraja":  # which tells who asks nothing but the result
        assert (charge.amount, charge.reference) == (2000, asked.reference)
        assert charge.currency == asked.currency
        assert charge.paid_at
    assert charge.account in {"", shop.account.identity}
    assert charge.live in {None, False}


@pytest.mark.parametrize("slug", CARDS)
def test_a_live_account_has_live_charges(shop_at, slug):
    assert shop_at(slug, "live").sell()[1].live is True


@pytest.mark.parametrize("amount", [1950, 1999, 100])
@pytest.mark.parametrize("slug", ["intasend", *CARDS])
def test_amounts_are_exact_to_the_cent(shop_at, slug, amount):
    if slug == "mercadopago" and amount == 100:
        amount = 500

    assert shop_at(slug).sell(amount=amount)[1].amount == amount


@pytest.mark.parametrize("shop", sorted({*ALL} - {"daraja"}), indirect=True)
def test_what_was_paid_is_told_though_it_is_not_what_was_asked_for(shop):
    assert shop.sell("012")[1].amount == 1900
    assert shop.sell("013")[1].currency == "UGX"


@pytest.mark.parametrize("slug", ["kopokopo", "mercadopago"])
def test_money_in_somebody_elses_account_is_told_apart(shop_at, slug):
    shop = shop_at(slug)

    assert shop.sell("014")[1].account not in {"", shop.account.identity}


@pytest.mark.parametrize("tariff", ["BUSINESS-PAYS", "CUSTOMER-PAYS"])
def test_intasends_fee_is_no_part_of_what_was_paid_whoever_bears_it(shop_at, tariff):
    assert shop_at("intasend", tariff=tariff).sell()[1].amount == 2000


def test_safaricom_takes_whole_shillings_alone(shop_at):
    shop = shop_at("daraja")
    request = shop.request(amount=2050)

    assert shop.gateway.check_charge(request).keys() == {"amount"}
    with pytest.raises(Declined):
        shop.charge(request)
    assert shop.charged() == set()


@pytest.mark.parametrize(
    ("ending", "reason"),
    [("001", "insufficient_funds"), ("002", "cancelled"), ("003", "no_answer")],
)
def test_a_prompt_that_comes_to_nothing_says_why(phone_shop, ending, reason):
    request = phone_shop.request(ending)
    asked = phone_shop.asked(request, phone_shop.charge(request).provider_ref)
    phone_shop.world.clock.advance(90)

    charge = phone_shop.fetch(asked)

    assert (charge.outcome, charge.reason) == (Outcome.FAILED, reason)


def test_a_card_that_is_refused_is_declined_with_the_providers_id(card_shop):
    with pytest.raises(Declined) as raised:
        card_shop.charge(card_shop.request("001"))

    assert raised.value.code == "insufficient_funds"
    asked = card_shop.asked(card_shop.request(), raised.value.provider_ref)
    assert card_shop.fetch(asked).outcome is Outcome.FAILED


def test_a_charge_that_nobody_knows_is_absent(shop):
    refs = {"mercadopago": "99999999999", "daraja": "ws_CO_1"}

    with pytest.raises(Absent):
        shop.fetch(shop.asked(shop.request(), refs.get(shop.slug, "nobody-knows")))


def test_anothers_charge_is_absent(shop, shop_at):
    asked, _ = shop.sell()
    other = shop_at(shop.slug)

    with pytest.raises(Absent):
        other.fetch(asked)


def test_a_charge_that_names_no_path_is_asked_after(shop):
    with pytest.raises((Absent, Unknown)):
        shop.fetch(shop.asked(shop.request(), "../../oauth/token?x=#"))


# --- What may have been done ----------------------------------------------------------------


def test_a_refused_connection_means_that_nothing_was_sent(shop):
    there = registry.gateway_at(shop.slug, "http://127.0.0.1:9")

    with pytest.raises(NotSent) as raised:
        there.charge(shop.account, shop.request(), deadline=SOON)

    assert raised.value.code == "provider_unreachable"


@pytest.mark.parametrize(
    "fault",
    [
        {"drop_request": True},
        {"drop_response": True},
        {"status": 500},
        {"status": 502, "body": "<html>Bad gateway</html>"},
        {"status": 503},
        {"status": 500, "after": True},
        {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}},
        {"body": "<html>", "status": 200, "after": True, "headers": {"Location": ""}},
        {"body": "[1, 2", "status": 201, "after": True, "headers": {"Location": "http://e.test/1"}},
        {"status": 408},
    ],
    ids=lambda fault: " ".join(map(str, fault.values()))[:30],
)
def test_what_breaks_once_it_was_sent_leaves_the_charge_unknown(shop, fault):
    shop.world.faults.add(shop.slug, "charge", **fault)

    with pytest.raises(Unknown):
        shop.charge(shop.request())


def test_a_charge_is_never_sent_twice_by_itself(shop):
    shop.world.faults.add(shop.slug, "charge", drop_response=True)

    with pytest.raises(Unknown):
        shop.charge(shop.request())

    assert len(shop.charged()) == 1


def test_what_drips_ends_with_the_deadline(shop):
    shop.world.faults.add(shop.slug, "charge", drip=0.05)

    with pytest.raises(Unknown) as raised:
        shop.charge(shop.request(), deadline=0.5)

    assert raised.value.code == "provider_timeout"


@pytest.mark.parametrize("shop", sorted({*ALL} - {"kopokopo"}), indirect=True)
def test_an_answer_that_is_cut_short_is_no_answer(shop):  # Kopo Kopo's has no body
    shop.world.faults.add(shop.slug, "charge", truncate=20)

    with pytest.raises(Unknown):
        shop.charge(shop.request())


def test_who_is_asked_too_often_did_nothing_and_says_when_to_come_back(shop):
    shop.world.faults.add(shop.slug, "charge", status=429, headers={"Retry-After": "3"})

    with pytest.raises(NotSent) as raised:
        shop.charge(shop.request())

    assert (raised.value.code, raised.value.retry_after) == ("rate_limited", 3.0)
    assert shop.charged() == set()


@pytest.mark.parametrize("slug", ["kopokopo", "daraja"])
def test_a_token_that_was_revoked_is_replaced_and_the_charge_made_once(shop_at, slug):
    shop = shop_at(slug)
    shop.sell()
    shop.world.provider(slug).revoke_tokens(shop.world.account(_keys(shop)))

    shop.sell()

    assert len(shop.charged()) == 2


@pytest.mark.parametrize("slug", ["kopokopo", "daraja"])
def test_a_token_that_never_comes_means_that_nothing_was_sent(shop_at, slug):
    shop = shop_at(slug)
    registry.gateway_at.cache_clear()
    shop.gateway = registry.gateway_of(slug)
    shop.world.faults.add(slug, "token", drop_response=True)

    with pytest.raises(NotSent):
        shop.charge(shop.request())

    assert shop.charged() == set()


def _keys(shop):
    return {
        "provider": shop.slug,
        "api_key": shop.account.api_key,
        "private_key": shop.account.private_key,
    }


@who("charges_once")
def test_a_provider_that_charges_once_may_be_asked_twice(shop):
    request = shop.request()

    first, second = shop.charge(request), shop.charge(request)

    assert first == second
    assert len(shop.charged()) == 1


@who("can_look_up")
def test_a_charge_whose_answer_was_lost_is_found_by_our_reference(shop):
    request = shop.request()
    shop.world.faults.add(shop.slug, "charge", drop_response=True)
    with pytest.raises(Unknown):
        shop.charge(request)
    shop.world.clock.advance(5)

    found = shop.gateway.look_up(shop.account, shop.asked(request), deadline=SOON)

    assert (found.outcome, found.reference) == (Outcome.SUCCEEDED, request.reference)
    assert found.provider_ref in shop.charged()


@who("can_look_up")
def test_a_charge_that_was_never_made_is_not_found(shop):
    shop.sell()
    longer = replace(shop.request(), reference="pay-1")  # the beginning of another's

    assert shop.gateway.look_up(shop.account, shop.asked(longer), deadline=SOON) is None


# --- Giving back ----------------------------------------------------------------------------


def refund_of(shop, asked, charge, amount=2000, reference="refund-1"):
    paid = replace(asked, receipt=charge.receipt)
    return RefundRequest(reference, paid, amount, "The router was down.", HOOK)


@who("can_refund")
def test_all_of_a_payment_can_be_given_back(shop):
    asked, charge = shop.sell()
    request = refund_of(shop, asked, charge)

    refund = shop.gateway.refund(shop.account, request, deadline=SOON)
    shop.world.clock.advance(3600)
    stands = shop.gateway.fetch_refund(shop.account, request, refund.provider_ref, deadline=SOON)
    found = shop.gateway.fetch_refund(shop.account, request, "", deadline=SOON)
    after = shop.fetch(request.charge)

    assert refund.outcome in {RefundOutcome.PENDING, RefundOutcome.SUCCEEDED}
    assert stands.outcome is found.outcome is RefundOutcome.SUCCEEDED
    assert (after.outcome, after.refunded) == (Outcome.REFUNDED, 2000)


@pytest.mark.parametrize("slug", ["intasend", *CARDS])
def test_a_part_of_a_payment_can_be_given_back(shop_at, slug):
    shop = shop_at(slug)
    asked, charge = shop.sell()
    request = refund_of(shop, asked, charge, 550)

    shop.gateway.refund(shop.account, request, deadline=SOON)
    shop.world.clock.advance(3600)
    after = shop.fetch(request.charge)

    assert (after.outcome, after.refunded) == (Outcome.SUCCEEDED, 550)


def test_kopo_kopo_gives_nothing_back_in_parts(shop_at):
    shop = shop_at("kopokopo")
    asked, charge = shop.sell()

    with pytest.raises(Declined) as raised:
        shop.gateway.refund(shop.account, refund_of(shop, asked, charge, 550), deadline=SOON)

    assert raised.value.code == "refund_in_parts"


def test_safaricom_gives_nothing_back(shop_at):
    shop = shop_at("daraja")
    asked, charge = shop.sell()

    assert not shop.gateway.can_refund
    with pytest.raises(Declined):
        shop.gateway.refund(shop.account, refund_of(shop, asked, charge), deadline=SOON)


@who("can_refund")
def test_more_than_was_paid_is_not_given_back(shop):
    asked, charge = shop.sell()

    with pytest.raises(Declined):
        shop.gateway.refund(shop.account, refund_of(shop, asked, charge, 2001), deadline=SOON)


@who("can_refund")
def test_a_refund_that_was_never_made_is_absent(shop):
    asked, charge = shop.sell()

    with pytest.raises(Absent):
        shop.gateway.fetch_refund(shop.account, refund_of(shop, asked, charge), "", deadline=SOON)


@who("can_refund")
def test_a_refund_whose_answer_was_lost_is_unknown_and_found_again(shop):
    asked, charge = shop.sell()
    request = refund_of(shop, asked, charge)
    shop.world.faults.add(shop.slug, "refund", drop_response=True)

    with pytest.raises(Unknown):
        shop.gateway.refund(shop.account, request, deadline=SOON)
    shop.world.clock.advance(3600)
    found = shop.gateway.fetch_refund(shop.account, request, "", deadline=SOON)

    assert found.outcome is RefundOutcome.SUCCEEDED


@pytest.mark.parametrize("slug", ["intasend", *CARDS])
def test_a_chargeback_shows_in_the_charge(shop_at, slug):
    shop = shop_at(slug)
    asked, charge = shop.sell()
    shop.world.dispute(asked.provider_ref)

    assert shop.fetch(replace(asked, receipt=charge.receipt)).outcome is Outcome.DISPUTED


@pytest.mark.parametrize("slug", ["kopokopo", "intasend"])
def test_what_safaricom_takes_back_shows_in_the_charge(shop_at, slug):
    shop = shop_at(slug)
    asked, charge = shop.sell()
    shop.world.reverse(asked.provider_ref)

    after = shop.fetch(replace(asked, receipt=charge.receipt))

    assert (after.outcome, after.refunded) == (Outcome.REFUNDED, 2000)


# --- Lists ----------------------------------------------------------------------------------


@who("can_list")
def test_charges_are_listed_the_oldest_first(shop):
    before = datetime.now(UTC) - timedelta(hours=1)
    sold = [shop.sell()[1] for _ in range(3)]

    listed = [
        *shop.gateway.charges(
            shop.account, before, datetime.now(UTC) + timedelta(hours=1), deadline=SOON
        )
    ]

    if shop.slug == "kopokopo":  # which lists receipts and numbers
        assert [charge.receipt for charge in listed] == [charge.receipt for charge in sold]
        assert {charge.phone for charge in listed} == {"+254712345000"}
    else:
        assert listed == sold


@who("can_list")
def test_a_time_without_charges_lists_none(shop):
    shop.sell()
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)

    listed = shop.gateway.charges(
        shop.account, long_ago, long_ago + timedelta(days=1), deadline=SOON
    )

    assert [*listed] == []


@pytest.mark.parametrize("slug", CARDS)
def test_long_lists_are_read_to_their_end(shop_at, slug):
    shop = shop_at(slug)
    for _ in range(120):
        shop.charge(shop.request())
    now = datetime.now(UTC)

    listed = shop.gateway.charges(
        shop.account, now - timedelta(hours=1), now + timedelta(hours=1), deadline=SOON
    )

    assert len({charge.provider_ref for charge in listed}) == 120


def test_what_a_provider_cannot_do_is_said(shop):
    asked = shop.asked(shop.request())
    now = datetime.now(UTC)
    if not shop.gateway.can_look_up:
        with pytest.raises(Unknown):
            shop.gateway.look_up(shop.account, asked, deadline=SOON)
    if not shop.gateway.can_list:
        with pytest.raises(GatewayError):
            [*shop.gateway.charges(shop.account, now, now, deadline=SOON)]


# --- Webhooks -------------------------------------------------------------------------------


def test_a_webhook_names_the_charge_that_it_is_about(shop):
    asked, charge = shop.sell()
    events = []
    for delivery in shop.deliveries():
        shop.gateway.check_webhook(shop.account, delivery)
        events.append(shop.gateway.read_webhook(delivery))

    about = [event for event in events if event.topic is Topic.CHARGE]
    assert about
    for event in about:
        named = {event.provider_ref, event.reference, event.receipt}
        assert named & {asked.provider_ref, asked.reference, charge.receipt} - {""}


def test_a_webhook_that_comes_again_is_the_same_event(shop):
    shop.sell()

    for webhook in shop.world.webhooks.sent:
        # Signed anew, as for each try.
        keys = {shop.gateway.read_webhook(delivered(shop.world, webhook)).key for _ in range(2)}
        assert len(keys) == 1


def test_different_webhooks_are_different_events(shop):
    shop.sell()
    shop.sell()

    keys = [shop.gateway.read_webhook(delivery).key for delivery in shop.deliveries()]

    assert len(keys) == len(set(keys)) >= 2
    assert all(0 < len(key) <= 200 for key in keys)


def test_the_results_of_one_kopo_kopo_payment_share_its_receipt(shop_at):
    shop = shop_at("kopokopo")
    _, charge = shop.sell()

    events = [shop.gateway.read_webhook(delivery) for delivery in shop.deliveries()]

    assert len(events) == 2
    assert {event.receipt for event in events} == {charge.receipt}


def test_only_safaricoms_callback_tells_the_amount_and_the_receipt(shop_at):
    shop = shop_at("daraja")
    asked, charge = shop.sell()

    [event] = [shop.gateway.read_webhook(delivery) for delivery in shop.deliveries()]

    assert (charge.amount, charge.receipt) == (None, "")
    assert event.amount == 2000
    assert event.receipt
    assert event.reference == asked.reference


@pytest.mark.parametrize("slug", ["kopokopo", "intasend", *CARDS])
def test_a_forged_signature_is_seen(shop_at, slug):
    shop = shop_at(slug)
    shop.sell()

    for webhook in shop.world.webhooks.sent:
        with pytest.raises(BadSignature):
            shop.gateway.check_webhook(shop.account, delivered(shop.world, webhook, "signature"))


@pytest.mark.parametrize("slug", ["kopokopo", "intasend", *CARDS])
def test_anothers_webhook_is_not_ours(shop_at, slug):
    shop, other = shop_at(slug), shop_at(slug)
    other.sell()

    for delivery in other.deliveries():
        with pytest.raises(BadSignature):
            shop.gateway.check_webhook(shop.account, delivery)


def test_no_provider_takes_anothers_webhook_for_its_own(shop, shop_at):
    others = [shop_at(slug) for slug in ALL if slug != shop.slug]
    for other in others:
        other.sell()

    for delivery in shop.deliveries():
        if shop.slug == "daraja":  # signs nothing, so nothing but its shape could tell
            with pytest.raises(BadWebhook):
                shop.gateway.read_webhook(delivery)
        else:
            with pytest.raises(BadSignature):
                shop.gateway.check_webhook(shop.account, delivery)


def test_no_webhook_is_kept_with_a_secret_in_it(shop):
    shop.sell()
    secrets = [shop.account.private_key, *shop.account.extra.values()]
    secrets = [secret.encode() for secret in secrets if len(secret) > 10]

    for delivery in shop.deliveries():
        kept = replace(delivery, body=shop.gateway.without_secrets(delivery))
        assert not any(secret in kept.body for secret in secrets)
        assert shop.gateway.read_webhook(kept) == shop.gateway.read_webhook(delivery)
