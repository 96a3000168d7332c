import pytest


def test_an_access_tokens_lifetime_is_a_text(daraja):
    assert daraja.new_token().json()["expires_in"] == "3599"


def test_other_keys_get_no_access_token(daraja):
    assert daraja.new_token("another").status_code == 400
    assert daraja.new_token("another").json()["errorCode"] == "400.008.01"


def test_an_access_token_ends_and_the_answer_is_404(daraja, providers):
    providers.clock.advance(3599)

    assert daraja.charge().status_code == 404
    assert daraja.charge().json()["errorCode"] == "404.001.03"


def test_a_charge_is_taken(daraja):
    taken = daraja.charge().json()

    assert taken["ResponseCode"] == "0"
    assert taken["CheckoutRequestID"].startswith("ws_CO_")


def test_while_the_guest_thinks_a_query_is_an_error(daraja):
    answer = daraja.query(daraja.charge().json()["CheckoutRequestID"])

    assert answer.status_code == 500
    assert answer.json()["errorCode"] == "500.001.1001"


def test_a_query_tells_the_result_as_a_text_and_no_amount(daraja, providers):
    ref = daraja.charge().json()["CheckoutRequestID"]

    providers.clock.advance(2)

    answer = daraja.query(ref).json()
    assert answer["ResultCode"] == "0"
    assert "20" not in [str(value) for value in answer.values()]


def test_the_callback_tells_the_result_as_a_number_with_amount_and_receipt(daraja, providers):
    daraja.charge()

    providers.clock.advance(2)

    told = daraja.callback()
    items = {item["Name"]: item.get("Value") for item in told["CallbackMetadata"]["Item"]}
    assert told["ResultCode"] == 0
    assert items["Amount"] == 20.0
    assert items["MpesaReceiptNumber"] == providers.ledger.moved()[0].receipt


def test_a_failure_is_told_without_metadata(daraja, providers):
    ref = daraja.charge("254712345002").json()["CheckoutRequestID"]

    providers.clock.advance(2)

    assert daraja.callback()["ResultCode"] == 1032
    assert "CallbackMetadata" not in daraja.callback()
    assert daraja.query(ref).json()["ResultCode"] == "1032"


@pytest.mark.parametrize(
    "changes",
    [
        {"Amount": 20.5},
        {"Amount": 0},
        {"Amount": 250_001},
        {"phone": "0712345000"},
        {"AccountReference": "longer than 12"},
        {"TransactionDesc": ""},
        {"CallBackURL": "nowhere"},
    ],
)
def test_what_cannot_be_charged_is_refused(daraja, providers, changes):
    answer = daraja.charge(**changes)

    assert answer.status_code == 400
    assert answer.json()["errorCode"] == "400.002.02"
    assert providers.ledger == []


def test_a_wrong_password_is_refused(daraja):
    assert daraja.charge(Password="another").json()["errorMessage"] == "Wrong credentials"


def test_the_same_charge_twice_is_paid_twice(daraja, providers):
    daraja.charge()
    daraja.charge()

    providers.clock.advance(2)

    assert len(providers.ledger.moved()) == 2
