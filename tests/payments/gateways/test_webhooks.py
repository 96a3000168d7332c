"""Who may say that money came: each provider's proof, taken to bits."""

import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways.base import Account, Delivery, Environment, Topic
from payments.gateways.conekta import Conekta
from payments.gateways.daraja import Daraja
from payments.gateways.errors import BadSignature, BadWebhook
from payments.gateways.intasend import IntaSend
from payments.gateways.kopokopo import KopoKopo
from payments.gateways.mercadopago import MercadoPago

VECTORS = Path(__file__).parent / "vectors"  # made with openssl
ALL = [gateway() for gateway in (KopoKopo, IntaSend, MercadoPago, Conekta, Daraja)]
BY_SLUG = {gateway.slug: gateway for gateway in ALL}
KOPOKOPO, INTASEND, MERCADOPAGO, CONEKTA, DARAJA = ALL
SLUGS = pytest.mark.parametrize("gateway", ALL, ids=list(BY_SLUG))
PEM = (VECTORS / "conekta.pem").read_text()


def account(**extra):
    return Account(Environment.SANDBOX, "the-public-half", "the-client-secret", extra)


def delivery(body=b"", headers=None, **query):
    return Delivery(headers or {}, query, body)


def is_good(gateway, owner, sent):
    """Whether the webhook counts as the provider's; nothing but `BadSignature` says that it is not."""
    try:
        gateway.check_webhook(owner, sent)
    except BadSignature:
        return False
    return True


# --- Kopo Kopo: HMAC of the body ------------------------------------------------------------

KK_BODY = (
    b'{"data":{"id":"247b1bd8-f5a0-4b71-a898-f62f67b8ae1c","type":"incoming_payment",'
    b'"attributes":{"status":"Success"}}}'
)
KK_BY_KEY = "0a7c0c846fe7255b3df7e7f2ca221fd5acc3f4c6ec485ef71087657b6b7a940b"
KK_BY_SECRET = "dbbcfd10a05cf4af0fbf9e54e7a1f09bd2a825902f4e4588cdb529c4c68aa0f4"


def kopokopo(signature=KK_BY_KEY, body=KK_BODY):
    return delivery(body, {"x-kopokopo-signature": signature})


@pytest.mark.parametrize("signature", [KK_BY_KEY, KK_BY_SECRET])
def test_kopo_kopo_may_sign_with_the_api_key_or_the_client_secret(signature):
    assert is_good(KOPOKOPO, account(webhook_key="the-api-key"), kopokopo(signature))


def test_kopo_kopos_client_secret_suffices():
    assert is_good(KOPOKOPO, account(), kopokopo(KK_BY_SECRET))
    assert not is_good(KOPOKOPO, account(), kopokopo(KK_BY_KEY))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        KK_BY_KEY[:-1],
        KK_BY_KEY.upper(),
        f"{KK_BY_KEY},{KK_BY_KEY}",
        f"sha256={KK_BY_KEY}",
        hmac.digest(b"", KK_BODY, "sha256").hex(),
        hmac.digest(b"another's", KK_BODY, "sha256").hex(),
        "ñ" * 64,
        "\ud800",
    ],
    ids=range(9),
)
def test_any_other_signature_is_refused(signature):
    assert not is_good(KOPOKOPO, account(webhook_key="the-api-key"), kopokopo(signature))


def test_a_webhook_without_a_signature_is_refused():
    assert not is_good(KOPOKOPO, account(webhook_key="the-api-key"), delivery(KK_BODY))


def test_the_same_json_written_otherwise_is_not_what_was_signed():
    body = json.dumps(json.loads(KK_BODY)).encode()

    assert not is_good(KOPOKOPO, account(webhook_key="the-api-key"), kopokopo(body=body))


@given(st.integers(0, len(KK_BODY) * 8 - 1))
def test_no_bit_of_a_signed_body_can_be_changed(bit):
    flipped = flip(KK_BODY, bit)

    assert not is_good(KOPOKOPO, account(webhook_key="the-api-key"), kopokopo(body=flipped))


def flip(body, bit):
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# --- IntaSend: a shared word in the body ----------------------------------------------------

WORD = "a-word-that-both-know"


def intasend(challenge=WORD, **changes):
    said = {
        "invoice_id": "BRZKGPR",
        "state": "COMPLETE",
        "value": "10.36",
        "api_ref": "pay-1",
        "updated_at": "2021-08-18T12:33:51.304105+03:00",
        "challenge": challenge,
    }
    return delivery(json.dumps(said | changes).encode())


def test_intasend_shows_the_challenge():
    assert is_good(INTASEND, account(challenge=WORD), intasend())


@pytest.mark.parametrize(
    "said", ["", None, True, 0, [WORD], {"challenge": WORD}, WORD.upper(), WORD[:-1], "\ud800"]
)
def test_another_challenge_is_refused(said):
    assert not is_good(INTASEND, account(challenge=WORD), intasend(said))


def test_the_challenge_is_not_kept():
    sent = intasend(note="ñ")
    kept = INTASEND.without_secrets(sent)

    assert WORD.encode() not in kept
    assert INTASEND.read_webhook(delivery(kept)) == INTASEND.read_webhook(sent)


def test_a_challenge_that_is_said_twice_is_not_kept_either():
    body = b'{"challenge": "%s", "invoice_id": "A", "challenge": "%s"}' % (b"first", WORD.encode())

    kept = INTASEND.without_secrets(delivery(body))

    assert json.loads(kept) == {"invoice_id": "A"}


def test_each_change_of_an_invoice_is_an_event_of_its_own():
    sent = [
        intasend(),
        intasend(state="PROCESSING"),
        intasend(invoice_id="OTHER"),
        intasend(updated_at="2021-08-18T12:34:51.304105+03:00"),
    ]

    assert len({INTASEND.read_webhook(one).key for one in sent}) == 4
    assert INTASEND.read_webhook(intasend()).key == INTASEND.read_webhook(intasend(value="9")).key


# --- Mercado Pago: HMAC of a manifest -------------------------------------------------------

MP_OWNER = account(webhook_secret="the-webhook-secret")
MP_AT = 1742505638
MP_AS_IT_IS = "fbce3a0381499063f71b72440c4094019b21b9cdbdc69b368700189ee00596ff"  # ms
MP_LOWER_CASE = "c09ae60b96de47841157a3cd2d4204ba31ab643f93e652b9a190b730518f50f5"  # s
MP_NO_REQUEST_ID = "145e545cd904dbcfd2e790f162421956ca3f5c7be263c48a95636dd93aa80b8b"  # s


def mercadopago(signature=f"ts={MP_AT}683,v1={MP_AS_IT_IS}", body=b"{}", **changes):
    headers = {"x-signature": signature, "x-request-id": "c1d2"} | changes.pop("headers", {})
    query = {"data.id": "ABC123", "type": "payment"} | changes
    return Delivery(headers, query, body)


@pytest.mark.parametrize(
    "sent",
    [
        mercadopago(),
        mercadopago(f"ts={MP_AT},v1={MP_LOWER_CASE}"),
        mercadopago(f"ts={MP_AT}, v1={MP_LOWER_CASE}"),
        mercadopago(f"ts={MP_AT},v1={MP_NO_REQUEST_ID}", headers={"x-request-id": ""}),
    ],
    ids=["as it is, ms", "lower case, s", "a space", "no request id"],
)
@time_machine.travel(MP_AT, tick=False)
def test_mercado_pago_signs_ids_in_either_case_and_times_in_either_unit(sent):
    assert is_good(MERCADOPAGO, MP_OWNER, sent)


@pytest.mark.parametrize(("away", "good"), [(-299, True), (299, True), (-302, False), (302, False)])
def test_a_signature_is_good_for_five_minutes_on_both_sides(away, good):
    with time_machine.travel(MP_AT + away, tick=False):
        assert is_good(MERCADOPAGO, MP_OWNER, mercadopago()) is good
        assert is_good(MERCADOPAGO, MP_OWNER, mercadopago(f"ts={MP_AT},v1={MP_LOWER_CASE}")) is good


@pytest.mark.parametrize(
    "signature",
    [
        "",
        f"v1={MP_AS_IT_IS}",
        f"ts={MP_AT}683",
        f"ts={MP_AT}683,v1=",
        f"ts={MP_AT}683,v1={MP_AS_IT_IS.upper()}",
        f"ts={MP_AT}683,v1={MP_AS_IT_IS[:-1]}",
        f"ts={MP_AT}684,v1={MP_AS_IT_IS}",
        f"ts={MP_AT}683,v1={MP_AS_IT_IS},ts={MP_AT}683,v1={MP_AS_IT_IS}",
        f"ts={MP_AT}683,v1={MP_AS_IT_IS}, ts={MP_AT}683,v1={MP_AS_IT_IS}",
        f"ts={'9' * 5000},v1={MP_AS_IT_IS}",
        f"ts=١٧٤٢٥٠٥٦٣٨٦٨٣,v1={MP_AS_IT_IS}",
    ],
    ids=range(11),
)
@time_machine.travel(MP_AT, tick=False)
def test_any_other_header_is_refused(signature):
    assert not is_good(MERCADOPAGO, MP_OWNER, mercadopago(signature))


@pytest.mark.parametrize(
    "changes",
    [
        {"data.id": "ABC124"},
        {"data.id": ""},
        {"data.id": "ABC123;request-id:c1d2", "headers": {"x-request-id": ""}},
        {"headers": {"x-request-id": "c1d3"}},
        {"headers": {"x-request-id": ""}},
    ],
    ids=str,
)
@time_machine.travel(MP_AT, tick=False)
def test_what_the_manifest_holds_cannot_be_changed_or_moved(changes):
    assert not is_good(MERCADOPAGO, MP_OWNER, mercadopago(**changes))


@time_machine.travel(MP_AT, tick=False)
def test_of_mercado_pagos_unsigned_body_nothing_names_a_payment():
    body = b'{"id": 7, "type": "payment", "action": "payment.updated", "data": {"id": "666"}}'
    sent = mercadopago(body=body)

    assert is_good(MERCADOPAGO, MP_OWNER, sent)
    assert MERCADOPAGO.read_webhook(sent).provider_ref == "ABC123"


def test_a_forged_number_blocks_no_other_payments_events():
    body = b'{"id": 7, "action": "payment.updated"}'

    keys = {
        MERCADOPAGO.read_webhook(mercadopago(body=body, **{"data.id": name})).key
        for name in ("ABC123", "ABC124")
    }

    assert len(keys) == 2


@pytest.mark.parametrize("kind", ["order", "topic_chargebacks_wh", "stop_delivery_op_wh", "new"])
def test_other_topics_are_left_alone(kind):
    assert MERCADOPAGO.read_webhook(mercadopago(type=kind)).topic is Topic.OTHER


# --- Conekta: RSA of the body ---------------------------------------------------------------

CK_BODY = (VECTORS / "conekta.json").read_bytes()
CK_DIGEST = (VECTORS / "conekta.digest").read_text()


def conekta(digest=CK_DIGEST, body=CK_BODY):
    return delivery(body, {"digest": digest})


@pytest.fixture(scope="module")
def other_key():
    return rsa.generate_private_key(65537, 2048)


def pem_of(key):
    spki = PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(Encoding.PEM, spki).decode()


def test_conekta_signs_the_bytes_of_the_body():
    assert "Íñigo Peña".encode() in CK_BODY
    assert is_good(CONEKTA, account(webhook_public_key=PEM), conekta())


def test_each_of_several_keys_may_have_signed(other_key):
    owner = account(webhook_public_key=pem_of(other_key) + PEM)
    by_other = b64encode(other_key.sign(CK_BODY, PKCS1v15(), SHA256())).decode()

    assert is_good(CONEKTA, owner, conekta())
    assert is_good(CONEKTA, owner, conekta(by_other))
    assert not is_good(CONEKTA, account(webhook_public_key=PEM), conekta(by_other))


def test_a_key_copied_out_of_json_is_a_key():
    assert is_good(CONEKTA, account(webhook_public_key=PEM.replace("\n", "\\n")), conekta())


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "!",
        CK_DIGEST[:-4],
        CK_DIGEST.lower(),
        f"{CK_DIGEST},{CK_DIGEST}",
        "ñ",
        "SHA-256=" + CK_DIGEST,
    ],
    ids=range(7),
)
def test_any_other_digest_is_refused(digest):
    assert not is_good(CONEKTA, account(webhook_public_key=PEM), conekta(digest))


@given(st.integers(0, len(CK_BODY) * 8 - 1), st.integers(0, 256 * 8 - 1))
def test_no_bit_of_a_conekta_webhook_can_be_changed(of_body, of_digest):
    owner = account(webhook_public_key=PEM)
    digest = b64encode(flip(b64decode(CK_DIGEST), of_digest)).decode()

    assert not is_good(CONEKTA, owner, conekta(body=flip(CK_BODY, of_body)))
    assert not is_good(CONEKTA, owner, conekta(digest))


def test_the_same_order_written_otherwise_is_not_what_was_signed():
    body = json.dumps(json.loads(CK_BODY)).encode()

    assert not is_good(CONEKTA, account(webhook_public_key=PEM), conekta(body=body))


def test_a_ping_is_good_and_about_nothing():
    body = b'{"data": {"livemode": true, "action": "ping"}, "id": "63fe", "type": "webhook_ping"}'

    assert CONEKTA.read_webhook(conekta(body=body)).topic is Topic.OTHER


@pytest.mark.parametrize("kind", ["order.refunded", "order.charged_back", "order.never_seen"])
def test_orders_of_any_event_are_asked_after(kind):
    body = json.dumps({"id": "e1", "type": kind, "data": {"object": {"id": "ord_1"}}}).encode()

    event = CONEKTA.read_webhook(conekta(body=body))

    assert (event.topic, event.provider_ref, event.key) == (Topic.CHARGE, "ord_1", "e1")


@pytest.mark.parametrize(
    "weak",
    [
        lambda: rsa.generate_private_key(65537, 1024),
        lambda: ec.generate_private_key(ec.SECP256R1()),
    ],
)
def test_keys_of_another_kind_or_too_short_are_none(weak):
    owner = account(webhook_public_key=pem_of(weak()))

    assert "webhook_public_key" in CONEKTA.check_account(owner)
    with pytest.raises(BadSignature) as raised:
        CONEKTA.check_webhook(owner, conekta())
    assert raised.value.code == "misconfigured"


# --- Daraja: nothing is signed --------------------------------------------------------------


def test_safaricom_signs_nothing_so_its_word_is_only_a_hint():
    body = {
        "Body": {
            "stkCallback": {
                "CheckoutRequestID": "ws_CO_1",
                "ResultCode": 0,
                "CallbackMetadata": {
                    "Item": [
                        {"Name": "Amount", "Value": 20.0},
                        {"Name": "MpesaReceiptNumber", "Value": "NLJ7RT61SV"},
                        {"Name": "Balance"},
                    ]
                },
            }
        }
    }
    sent = delivery(json.dumps(body).encode(), reference="pay-1")

    assert is_good(DARAJA, account(), sent)
    event = DARAJA.read_webhook(sent)
    assert (event.provider_ref, event.reference) == ("ws_CO_1", "pay-1")
    assert (event.amount, event.receipt, event.key) == (2000, "NLJ7RT61SV", "ws_CO_1:0")


# --- All ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "gateway", [KOPOKOPO, INTASEND, MERCADOPAGO, CONEKTA], ids=lambda g: g.slug
)
def test_without_a_secret_nothing_is_verified_and_that_has_a_code_of_its_own(gateway):
    bare = replace(account(), private_key="")
    body = b'{"challenge": ""}'
    forged = hmac.digest(b"", body, "sha256").hex()
    sent = delivery(body, {"x-kopokopo-signature": forged, "x-signature": f"ts=1,v1={forged}"})

    with pytest.raises(BadSignature) as raised:
        gateway.check_webhook(bare, sent)

    assert raised.value.code == "misconfigured"


WORDS = """
data id type attributes status event resource reference metadata topic TransID invoice_id state
updated_at api_ref chargeback_id invoice challenge object order_id Body stkCallback
CheckoutRequestID ResultCode CallbackMetadata Item Name Value action
"""
KEYS = st.sampled_from(sorted({*WORDS.split()}))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.binary(max_size=60) | JSON.map(lambda said: json.dumps(said).encode())
NAMES = st.sampled_from(
    ["x-kopokopo-signature", "x-signature", "x-request-id", "digest", "content-type"]
)
QUERIES = st.dictionaries(
    st.sampled_from(["data.id", "type", "reference"]), st.text(max_size=20), max_size=3
)
DELIVERIES = st.builds(
    Delivery, st.dictionaries(NAMES, st.text(max_size=80), max_size=4), QUERIES, BODIES
)
FULL = account(
    webhook_key="k" * 20, challenge=WORD, webhook_secret="s" * 20, webhook_public_key=PEM
)


@SLUGS
@given(sent=DELIVERIES)
def test_whatever_comes_is_read_or_refused(gateway, sent):
    assert gateway is DARAJA or not is_good(gateway, FULL, sent)
    assert isinstance(gateway.without_secrets(sent), bytes)
    try:
        event = gateway.read_webhook(sent)
    except BadWebhook:
        return
    assert 0 < len(event.key) <= 200
    for named in (event.key, event.reference, event.provider_ref, event.receipt, event.refund_ref):
        assert named.isprintable()
        assert len(named) <= 200


@SLUGS
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"{}", b"\xff", b"[" * 60_000], ids=range(7)
)
def test_what_is_no_webhook_is_refused(gateway, body):
    with pytest.raises(BadWebhook):
        gateway.read_webhook(delivery(body))
