"""Whatever a provider answers, a call ends in what `base.Gateway` says, and in nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.gateways.base import (
    Account,
    Asked,
    Charge,
    ChargeRequest,
    Environment,
    Outcome,
    RefundRequest,
)
from payments.gateways.conekta import Conekta
from payments.gateways.daraja import Daraja
from payments.gateways.errors import Absent, Declined, KeysRefused, NotSent, Unknown
from payments.gateways.intasend import IntaSend
from payments.gateways.kopokopo import KopoKopo
from payments.gateways.mercadopago import MercadoPago
from payments.transport import LARGEST_BODY

from .servers import Server, hear, reply

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GATEWAYS = pytest.mark.parametrize(
    "kind", [KopoKopo, IntaSend, MercadoPago, Conekta, Daraja], ids=lambda kind: kind.slug
)
TOKEN = json.dumps({"access_token": "token", "expires_in": 3600}).encode()
SOON = 10.0


class Said:
    """A provider that gives tokens, and says what it is told to say to everything else."""

    def __init__(self):
        self.answer = reply()
        self.server = Server(self._serve)

    def _serve(self, peer):
        is_token = b"oauth" in hear(peer).partition(b"\r\n")[0]
        peer.sock.sendall(reply(200, TOKEN) if is_token else self.answer)


@pytest.fixture(scope="module")
def said():
    said = Said()
    with said.server:
        yield said


def gateway_at(kind, said):
    return kind(base_url=f"http://127.0.0.1:{said.server.port}")


WORDS = """
id data attributes status event resource reference amount currency till_number errors code
description invoice invoice_id state value charges api_ref host results transaction_amount
external_reference live_mode collector_id date_approved payment_status livemode charges metadata
amount_refunded created_at refunds has_more CheckoutRequestID ResponseCode ResultCode ResultDesc
errorCode errorMessage detail details cause transactions site_id wallet_id
"""
VALUES = st.sampled_from(
    ["ref", "Success", "Failed", "COMPLETE", "approved", "paid", "20.0", "0", "500.001.1001", "KES"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | VALUES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(sorted({*WORDS.split()})), inner, max_size=5)
    ),
    max_leaves=15,
)
BODIES = st.binary(max_size=30) | JSON.map(lambda said: json.dumps(said).encode())
STATUSES = st.sampled_from([200, 201, 202, 204, 301, 400, 401, 402, 403, 404, 409, 422, 429, 500])
LINKS = st.sampled_from(["", "/ref", "http://127.0.0.1/ref", "https://evil.example/ref", "::"])

OWNER = Account(
    Environment.SANDBOX,
    "public",
    "private",
    {"till_number": "K123456", "shortcode": "123456", "passkey": "p" * 20},
)
REQUEST = ChargeRequest(
    "pay-1", 2000, "KES", "WiFi", "http://here.example/", "+254712345678", "a@b.example", "token"
)
ASKED = Asked("pay-1", 2000, "KES", NOW, "ref", "receipt")
REFUND = RefundRequest("refund-1", ASKED, 2000, "why", "http://here.example/")
ACTS = {
    "verify": (lambda g: g.verify(OWNER, deadline=SOON), (NotSent, Unknown)),
    "charge": (lambda g: g.charge(OWNER, REQUEST, deadline=SOON), (Declined, NotSent, Unknown)),
    "fetch": (lambda g: g.fetch(OWNER, ASKED, deadline=SOON), (Absent, NotSent, Unknown)),
    "look_up": (lambda g: g.look_up(OWNER, ASKED, deadline=SOON), (Absent, NotSent, Unknown)),
    "refund": (lambda g: g.refund(OWNER, REFUND, deadline=SOON), (Declined, NotSent, Unknown)),
    "fetch_refund": (
        lambda g: g.fetch_refund(OWNER, REFUND, "ref", deadline=SOON),
        (Absent, NotSent, Unknown),
    ),
    "charges": (
        lambda g: g.charges(OWNER, NOW, NOW + timedelta(days=1), deadline=1.0),
        (Absent, NotSent, Unknown),
    ),
}


@GATEWAYS
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(act=st.sampled_from(sorted(ACTS)), status=STATUSES, body=BODIES, link=LINKS)
def test_no_answer_gets_further_than_the_gateway(kind, said, act, status, body, link):
    said.answer = reply(status, body, Location=link)
    call, allowed = ACTS[act]

    try:
        told = call(gateway_at(kind, said))
        told = [*told] if isinstance(told, Iterator) else told
    except allowed:
        return
    if isinstance(told, Charge):
        assert len(told.provider_ref) <= 100
        assert told.refunded >= 0
        assert told.amount is None or told.amount >= 0


@GATEWAYS
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"id": null}', b"{}"])
def test_a_good_status_is_no_good_answer(kind, said, body):
    said.answer = reply(200, body)

    for act in ("charge", "fetch"):
        with pytest.raises(Unknown) as raised:
            ACTS[act][0](gateway_at(kind, said))
        assert raised.value.code in {"bad_answer", "foreign_link"}


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v1/incoming_payments/247b1bd8",
        "http://127.0.0.1:1/api/v1/incoming_payments/247b1bd8",
        "https://127.0.0.1/api/v1/incoming_payments/247b1bd8",
        "http://sandbox.kopokopo.com@evil.example/247b1bd8",
        "//evil.example/247b1bd8",
        "247b1bd8",
        "",
    ],
)
def test_a_link_to_elsewhere_is_not_believed(said, link):
    said.answer = reply(201, b"", Location=link)

    with pytest.raises(Unknown) as raised:
        gateway_at(KopoKopo, said).charge(OWNER, REQUEST, deadline=SOON)

    assert raised.value.code == "foreign_link"


def test_a_charge_that_answers_for_another_is_not_ours(said):
    said.answer = reply(200, {"id": 7, "status": "approved", "external_reference": "pay-2"})

    with pytest.raises(Unknown):
        gateway_at(MercadoPago, said).charge(OWNER, REQUEST, deadline=SOON)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MercadoPago, {"id": 8, "status": "approved"}),
        (Conekta, {"id": "ord_8", "payment_status": "paid"}),
        (IntaSend, {"invoice": {"invoice_id": "other", "state": "COMPLETE"}}),
        (KopoKopo, {"data": {"id": "other", "attributes": {"status": "Success"}}}),
        (Daraja, {"CheckoutRequestID": "other", "ResultCode": "0"}),
    ],
)
def test_an_answer_about_another_charge_is_not_believed(said, kind, body):
    said.answer = reply(200, body)

    with pytest.raises(Unknown):
        gateway_at(kind, said).fetch(OWNER, ASKED, deadline=SOON)


def test_an_account_outside_mexico_is_refused(said):
    said.answer = reply(200, {"id": 111, "site_id": "MLB"})

    with pytest.raises(NotSent) as raised:
        gateway_at(MercadoPago, said).verify(OWNER, deadline=SOON)

    assert raised.value.code == "wrong_country"


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        ([{"code": "501", "description": "Insufficient funds"}], "insufficient_funds"),
        ("Insufficient funds", "insufficient_funds"),
        (["Request cancelled by user"], "cancelled"),
        ([{"code": "1037"}], "no_answer"),
        ({"what": "is this"}, "refused"),
        (None, "refused"),
    ],
)
def test_kopo_kopos_errors_are_read_in_all_their_shapes(said, errors, reason):
    attributes = {"status": "Failed", "event": {"resource": None, "errors": errors}}
    said.answer = reply(200, {"data": {"id": "ref", "attributes": attributes}})

    charge = gateway_at(KopoKopo, said).fetch(OWNER, ASKED, deadline=SOON)

    assert charge.reason == reason


@pytest.mark.parametrize(
    ("body", "error", "code"),
    [
        ({"errorCode": "500.001.1001", "errorMessage": "Unable to lock subscriber, a …"}, Declined, "phone_busy"),
        ({"errorCode": "500.001.1001", "errorMessage": "Wrong credentials"}, NotSent, "keys_refused"),
        ({"errorCode": "500.003.02", "errorMessage": "Spike Arrest Violation"}, NotSent, "rate_limited"),
        ({"errorCode": "500.001.1001", "errorMessage": "[STK_CB] Internal"}, Unknown, "provider_failed"),
    ],
)  # fmt: skip
def test_safaricoms_500_is_read_by_its_words(said, body, error, code):
    said.answer = reply(500, body)

    with pytest.raises(error) as raised:
        gateway_at(Daraja, said).charge(OWNER, REQUEST, deadline=SOON)

    assert raised.value.code == code


def test_safaricom_asked_with_a_wrong_passkey_refuses_the_keys(said):
    said.answer = reply(500, {"errorCode": "500.001.1001", "errorMessage": "Wrong credentials"})

    with pytest.raises(KeysRefused):
        gateway_at(Daraja, said).fetch(OWNER, ASKED, deadline=SOON)


@pytest.mark.parametrize(
    "host", ["https://payment.intasend.com", "https://sandbox.intasend.com", "x"]
)
def test_intasend_says_by_its_host_whether_money_is_real(said, host):
    invoice = {"invoice_id": "ref", "state": "PROCESSING", "host": host}
    said.answer = reply(200, {"invoice": invoice})

    charge = gateway_at(IntaSend, said).fetch(OWNER, ASKED, deadline=SOON)

    assert charge.live is {"x": None}.get(host, "payment" in host)


def test_a_voucher_to_pay_elsewhere_comes_with_its_address(said):
    for url, kept in (("https://mp.example/t/1", True), ("javascript:alert(1)", False)):
        details = {"external_resource_url": url}
        said.answer = reply(200, {"id": "ref", "status": "pending", "transaction_details": details})

        charge = gateway_at(MercadoPago, said).fetch(OWNER, ASKED, deadline=SOON)

        assert charge.pay_url == (url if kept else "")


@GATEWAYS
@pytest.mark.parametrize("body", [b"<html>Not found</html>", b"", b"[]"])
def test_a_page_that_is_not_found_says_nothing_about_a_charge(kind, said, body):
    said.answer = reply(404, body)

    with pytest.raises(Unknown):
        gateway_at(kind, said).fetch(OWNER, ASKED, deadline=SOON)


class BusyTill:
    """Kopo Kopo with a payment a minute, whose lists of more than an hour are too long to read."""

    def __init__(self):
        self.times = {}
        self.server = Server(self._serve)

    def _serve(self, peer):
        head, _, body = hear(peer).partition(b"\r\n\r\n")
        method, path, _ = head.decode().split(" ", 2)
        peer.sock.sendall(self._answer(method, path, body))

    def _answer(self, method, path, body):
        if path == "/oauth/token":
            return reply(200, TOKEN)
        if method == "POST":
            asked = json.loads(body)
            since, until = (datetime.fromisoformat(asked[f"{end}_time"]) for end in ("from", "to"))
            self.times[str(len(self.times))] = since, until
            here = f"http://127.0.0.1:{self.server.port}/api/v2/polling/{len(self.times) - 1}"
            return reply(201, b"", Location=here)
        since, until = self.times[path.rpartition("/")[2]]
        if until - since > timedelta(hours=1):
            return reply(200, b" " * (LARGEST_BODY + 1))
        return reply(200, {"data": {"attributes": self._list(since, until)}})

    def _list(self, since, until):
        minutes = range(round((until - since) / timedelta(minutes=1)) + 1)
        times = [since + timedelta(minutes=minute) for minute in minutes]
        rows = [
            {
                "resource": {
                    "reference": f"R{time:%H%M}",
                    "amount": "20.0",
                    "origination_time": f"{time}",
                }
            }
            for time in times
        ]
        return {"status": "Success", "transactions": rows}


def test_a_list_that_is_too_long_is_asked_for_in_parts():
    till = BusyTill()
    with till.server:
        gateway = KopoKopo(base_url=f"http://127.0.0.1:{till.server.port}")

        found = [*gateway.charges(OWNER, NOW, NOW + timedelta(hours=4), deadline=SOON)]

    assert len(found) == 241
    assert [charge.paid_at for charge in found] == sorted(charge.paid_at for charge in found)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MercadoPago, {"results": [{"id": 8, "status": "approved", "external_reference": "pay-12"}]}),
        (Conekta, {"data": [{"id": "o", "payment_status": "paid", "metadata": {"reference": "x"}}]}),
    ],
)  # fmt: skip
def test_what_a_search_finds_beside_ours_is_not_ours(said, kind, body):
    said.answer = reply(200, body)

    assert gateway_at(kind, said).look_up(OWNER, ASKED, deadline=SOON) is None


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_kopo_kopo_is_asked_in_both_versions(version):
    attributes = {"status": "Success", "event": {"resource": {"amount": "20.0"}}}
    paid = reply(200, {"data": {"id": "ref", "attributes": attributes}})

    def serve(peer):
        line = hear(peer).partition(b"\r\n")[0]
        known = paid if f"/api/{version}/".encode() in line else reply(404, {"error_code": 404})
        peer.sock.sendall(reply(200, TOKEN) if b"oauth" in line else known)

    with Server(serve) as server:
        gateway = KopoKopo(base_url=f"http://127.0.0.1:{server.port}")
        charge = gateway.fetch(OWNER, ASKED, deadline=SOON)

    assert (charge.outcome, charge.amount) == (Outcome.SUCCEEDED, 2000)


@pytest.mark.parametrize("kind", [IntaSend, MercadoPago, Conekta])
def test_an_account_that_is_not_there_is_no_answer_to_whose_it_is(kind, said):
    said.answer = reply(404, b'{"message": "not found"}')

    with pytest.raises(Unknown):
        gateway_at(kind, said).verify(OWNER, deadline=SOON)
