"""What was bought, as a payment keeps it; and the receipt that opens it."""

from datetime import timedelta

import pytest

from hotspot import codes
from hotspot.issuing import Terms
from payments import receipts, terms


@pytest.mark.parametrize(
    "bought",
    [
        Terms(),
        Terms(lifetime=timedelta(hours=720), time_limit=timedelta(minutes=90), devices=3),
        Terms(data_limit=2**40, upload_speed_mbps=2, from_first_login=True),
    ],
)
def test_terms_come_back_as_they_were(bought):
    assert terms.from_json(terms.to_json(bought)) == bought


def test_terms_of_before_a_limit_was_known_are_without_it():
    kept = terms.to_json(Terms(lifetime=timedelta(hours=1)))
    del kept["devices"]

    assert terms.from_json(kept | {"no_longer_known": 1}) == Terms(lifetime=timedelta(hours=1))


def test_a_receipt_holds_128_bits_in_characters_that_can_be_typed():
    receipt = receipts.new()

    assert len(receipt) * 4.857 >= 128
    assert {*receipt} <= {*codes.LETTERS}
    assert receipts.new() != receipt


def test_a_receipt_is_found_however_it_is_typed():
    receipt = receipts.new()

    typed = f" {receipt[:5].lower()}-{receipt[5:]} "

    assert receipts.index(typed) == receipts.index(receipt)
    assert receipts.index(receipt) != receipts.index(receipts.new())
