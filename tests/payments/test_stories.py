"""Every guest of the simulator, at every provider, with not one webhook: money is never lost."""

from datetime import timedelta

import pytest

from payments import reconciliation, transitions
from payments.models import Payment
from payments.simulator.stories import STORIES
from payments.states import CLOSED, State
from tests.payments.ledger import balance
from tests.payments.shops import Shop

pytestmark = pytest.mark.django_db

# What these do is in the webhook; or they take their time, and that is the client's to test.
LEFT_OUT = {"005", "006", "007", "008", "018", "019", "020", "021"}
ENDS = {
    "000": State.SUCCEEDED,
    "001": State.FAILED,
    "002": State.FAILED,
    "003": State.FAILED,
    "004": State.SUCCEEDED,
    "009": State.SUCCEEDED,
    "010": State.EXPIRED,
    "011": State.SUCCEEDED,
    "012": State.REVIEW,
    "013": State.REVIEW,
    "014": State.REVIEW,
    "015": State.REFUNDED,
    "016": State.DISPUTED,
    "017": State.SUCCEEDED,
    "022": State.SUCCEEDED,
    "023": State.SUCCEEDED,
}
# Who asks is told less by some: nothing at all if the charge's own answer was lost; not how much it
# was; not whose account it is in; not that it went back. Then a webhook alone tells.
ENDS_AT = {
    "kopokopo": {"016": State.SUCCEEDED},
    "intasend": {"009": State.EXPIRED, "011": State.EXPIRED, "014": State.SUCCEEDED},
    "daraja": {
        "009": State.EXPIRED,
        "011": State.EXPIRED,
        "012": State.SUCCEEDED,
        "013": State.SUCCEEDED,
        "014": State.SUCCEEDED,
        "015": State.SUCCEEDED,
        "016": State.SUCCEEDED,
    },
    # These can be asked by our own name for a charge. Of a card, all that goes back is a chargeback.
    "mercadopago": {"010": State.FAILED, "015": State.DISPUTED},
    "conekta": {"010": State.FAILED, "014": State.SUCCEEDED, "015": State.DISPUTED},
}


@pytest.fixture
def shop(request, providers, server_clock):
    return Shop(providers, request.param, server_clock)


@pytest.mark.parametrize("shop", ENDS_AT, indirect=True)
@pytest.mark.parametrize("ending", sorted(STORIES.keys() - LEFT_OUT))
def test_what_a_guest_pays_is_a_voucher_a_review_or_back_with_the_guest(shop, ending):
    start = shop.clock() - timedelta(hours=1)
    payment = shop.ask_to_the_end(shop.order(ending))
    shop.wait(20)

    report = reconciliation.reconcile(shop.account, start, shop.clock())

    payment = Payment.objects.select_related("voucher").get(pk=payment.pk)
    assert payment.state == (ENDS | ENDS_AT[shop.slug])[ending]
    assert transitions.is_whole(payment)
    assert balance(payment) == payment.received - payment.refunded
    assert (payment.voucher is not None) or payment.state in CLOSED | {State.REVIEW}
    assert report.is_explained
    assert not reconciliation.verify_books(start, shop.clock())
