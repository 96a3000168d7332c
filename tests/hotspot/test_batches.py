"""Thousands of vouchers at once, their way to the router, and onto paper."""

import csv
import io

import pypdfium2
import pytest

from cloudpilot import jobs
from hotspot import codes, copies
from hotspot.models import Batch, Voucher
from routers.reconcile import services
from tests.factories import PackageFactory, a_batch, make_voucher
from tests.hotspot.guests import users
from tests.parallel import at_once

pytestmark = [pytest.mark.sql, pytest.mark.django_db]
PATH = "/hotspot/vouchers/batches/"


@pytest.fixture
def own(operator):
    return PackageFactory(router__owner=operator, name="One day", price=5000)


def words_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[0].get_textpage().get_text_range()
    finally:
        document.close()


def test_a_batch_is_made_of_different_codes(client, own, operator):
    made = client.post(PATH, {"package": own.pk, "count": 200, "name": "Kiosk"})

    shown = made.json()
    assert made.status_code == 201
    assert (shown["count"], shown["price"], shown["user"]) == (200, "50.00", operator.username)
    assert shown["progress"] == {"live": 200, "on_router": 0, "problems": 0}
    assert len({voucher.code for voucher in Voucher.objects.all()}) == 200


@pytest.mark.parametrize("count", [0, 10_001, "x"])
def test_a_batch_is_of_one_to_ten_thousand(client, own, count):
    response = client.post(PATH, {"package": own.pk, "count": count})

    assert (response.status_code, [*response.json()["fields"]]) == (400, ["count"])


def test_a_copy_is_the_first_in_everything_but_the_code(own):
    first = make_voucher(own, full_name="Ada", bound_mac="AA:BB:CC:00:00:01")

    copies.make_copies(first, 2)

    names = [f.attname for f in Voucher._meta.concrete_fields]
    own_names = {"id", "code", "code_index"}
    rows = Voucher.objects.values_list(*(n for n in names if n not in own_names))
    assert len(set(rows)) == 1
    assert all(codes.index(v.code) == v.code_index for v in Voucher.objects.all())


def test_another_code_is_drawn_for_one_that_is_taken(own, monkeypatch):
    first = make_voucher(own)
    draw = codes.new_codes
    drawn = iter([["TAKEN222", first.code, "FREE2222"], ["FREE3333"]])
    make_voucher(own, code="TAKEN222")
    monkeypatch.setattr(codes, "new_codes", lambda count: next(drawn, None) or draw(count))

    copies.make_copies(first, 3)

    made = {voucher.code for voucher in Voucher.objects.all()}
    assert {"TAKEN222", "FREE2222", "FREE3333"} < made
    assert len(made) == Voucher.objects.count() == 5


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_batches_made_at_once_share_no_code(client_of, operator):
    package = PackageFactory(router__owner=operator)
    clients = [client_of(operator) for _ in range(4)]
    body = {"package": package.pk, "count": 50}

    answers = at_once(lambda i: clients[i].post(PATH, body).status_code, 4)

    assert answers == [201] * 4
    assert len(set(Voucher.objects.values_list("code_index", flat=True))) == 200


def test_a_batch_sent_again_with_its_key_is_made_once(client, own):
    body, key = {"package": own.pk, "count": 3}, {"HTTP_IDEMPOTENCY_KEY": "batch"}

    first, again = (client.post(PATH, body, **key).json() for _ in range(2))

    assert first == again
    assert (Batch.objects.count(), Voucher.objects.count()) == (1, 3)


def test_a_batch_says_how_much_of_it_the_router_has(client, package, router, device):
    batch = a_batch(router, 4)
    path = f"{PATH}{batch.pk}/"
    jobs.run_due()
    all_there = client.get(path).json()["progress"]
    gone = batch.vouchers.first()
    device.remove("/ip/hotspot/user", gone.code)
    Voucher.objects.filter(pk=gone.pk).update(revoked_at="2026-01-01T00:00:00Z")

    services.reconcile(router)

    assert all_there == {"live": 4, "on_router": 4, "problems": 0}
    assert client.get(path).json()["progress"] == {"live": 3, "on_router": 3, "problems": 0}
    assert len(users(device)) == 3


def test_a_batch_is_on_its_way_while_the_router_takes_it(client, package, router, device):
    batch = a_batch(router, 300)
    shown = []
    from routers.reconcile import providers

    noted = providers.OBSERVERS["voucher"]

    def look(*args):
        noted(*args)
        shown.append(client.get(f"{PATH}{batch.pk}/").json()["progress"]["on_router"])

    providers.OBSERVERS["voucher"] = look
    try:
        services.reconcile(router)
    finally:
        providers.OBSERVERS["voucher"] = noted

    assert shown[0] < 300
    assert shown[-1] == 300


def test_a_batch_is_printed_without_what_is_revoked(client, own):
    batch = a_batch(own.router, 3)
    Voucher.objects.filter(pk=batch.vouchers.first().pk).update(revoked_at="2026-01-01T00:00:00Z")
    left = {codes.grouped(v.code) for v in batch.vouchers.filter(revoked_at=None)}

    response = client.get(f"{PATH}{batch.pk}/sheet.pdf", {"columns": 2, "colour": "#336699"})

    text = words_of(response.content)
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "no-store"
    assert all(code in text for code in left)


def test_a_batch_that_is_printed_at_once_has_the_routers_login_page(client, router, device):
    device.set("/ip/hotspot/profile", "hsprof1", {"dns-name": "wifi.uhuru.cafe"})
    batch = a_batch(router)

    there = client.get(f"{PATH}{batch.pk}/sheet.pdf")
    device.switch_off()
    remembered = client.get(f"{PATH}{batch.pk}/sheet.pdf")

    assert "wifi.uhuru.cafe/login" in words_of(there.content)
    assert "wifi.uhuru.cafe/login" in words_of(remembered.content)


def test_a_batch_of_a_router_that_is_away_is_printed_all_the_same(client, router, device):
    batch = a_batch(router)
    device.switch_off()

    response = client.get(f"{PATH}{batch.pk}/sheet.pdf")

    assert codes.grouped(batch.vouchers.first().code) in words_of(response.content)


def test_a_batch_is_a_table(client, own):
    batch = a_batch(own.router, 3)

    response = client.get(f"{PATH}{batch.pk}/sheet.csv")

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["code"] for row in rows} == {v.code for v in Voucher.objects.all()}


def test_a_sheet_that_cannot_be_drawn_is_refused_by_name(client, own):
    batch = a_batch(own.router)

    response = client.get(f"{PATH}{batch.pk}/sheet.pdf", {"columns": 99, "colour": "red"})

    assert (response.status_code, {*response.json()["fields"]}) == (400, {"columns", "colour"})
