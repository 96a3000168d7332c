from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp

from hotspot import codes, sheets

SHEET = sheets.Sheet("Uhuru Coffee", login_url="http://login.uhuru.example/login")
CARD = sheets.Card(
    "ABCDEFGHJKM",
    "Day pass",
    price=Decimal("1250.00"),
    currency="KES",
    validity=timedelta(days=1, hours=12),
    download_mbps=5,
    upload_mbps=2,
    data_mb=2048,
    devices=1,
)


@pytest.fixture
def pages():
    """Return what opens a sheet and gives its pages."""
    opened = []

    def open_pages(sheet, cards):
        opened.append(pypdfium2.PdfDocument(sheets.pdf(sheet, cards)))
        return list(opened[-1])

    yield open_pages
    for document in opened:
        document.close()


def text_of(page):
    return page.get_textpage().get_text_bounded().replace("\r\n", "\n")


def picture(page):
    return page.render(scale=2.5).to_pil()


def scanned(page):
    """Return the links that a phone reads off the page."""
    return {found.text for found in zxingcpp.read_barcodes(picture(page))}


def colours_on_top(page):
    """Return how many dots of each colour the first card's band has."""
    band = picture(page).crop((80, 80, 480, 125))
    return {colour: number for number, colour in band.getcolors(2**16)}


def some_cards(count):
    return [replace(CARD, code=code) for code in codes.new_codes(count)]


def test_a_card_says_what_was_bought(pages):
    [page] = pages(SHEET, [CARD])

    assert text_of(page).splitlines() == [
        "Uhuru Coffee",
        "Day pass",
        "KES 1,250.00",
        "1 day 12 hours",
        "5 Mbps down, 2 up",
        "2 GB · 1 device",
        "http://login.uhuru.example/login",
        "ABCD-EFGH-JKM",
    ]


def test_a_phone_reads_every_card_s_login_link(pages):
    cards = some_cards(24)

    first, second = pages(SHEET, cards)

    expected = {f"http://login.uhuru.example/login?username={card.code}" for card in cards}
    assert scanned(first) | scanned(second) == expected


def test_a_link_keeps_the_parameters_of_its_page_and_the_characters_of_a_chosen_code(pages):
    sheet = replace(SHEET, login_url="http://login.uhuru.example/?lang=sw")

    [page] = pages(sheet, [replace(CARD, code="room 12&café")])

    assert scanned(page) == {"http://login.uhuru.example/?lang=sw&username=room%2012%26caf%C3%A9"}


def test_without_a_login_page_a_card_has_no_qr_code(pages):
    [page] = pages(replace(SHEET, login_url=""), [CARD])

    assert "ABCD-EFGH-JKM" in text_of(page)
    assert scanned(page) == set()


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5])
def test_any_number_of_columns_prints_every_card(pages, columns):
    cards = some_cards(12)

    printed = "".join(map(text_of, pages(replace(SHEET, columns=columns), cards)))

    assert all(codes.grouped(card.code) in printed for card in cards)


def test_leading_zeros_are_printed(pages):
    [page] = pages(SHEET, [replace(CARD, code="00012345")])

    assert "0001-2345" in text_of(page)
    assert scanned(page) == {"http://login.uhuru.example/login?username=00012345"}


def test_a_limit_on_the_time_online_is_said_before_it_is_met(pages):
    [page] = pages(SHEET, [replace(CARD, online=timedelta(minutes=90))])

    assert "1 day 12 hours · 1 hour 30 minutes online" in text_of(page)


def test_what_is_not_limited_is_not_promised(pages):
    [page] = pages(SHEET, [sheets.Card("ABCDEFGHJKM", "Free")])

    assert text_of(page).splitlines()[1:3] == ["Free", "No time limit"]


def test_a_sheet_of_no_cards_is_a_page_to_look_at(pages):
    assert len(pages(SHEET, [])) == 1


@pytest.mark.parametrize("company", ["Кафе Прогресс", "مقهى النور", "北京茶馆", "चाय घर", "ጣና ካፌ"])
def test_a_company_s_name_stands_on_its_colour_in_any_script(pages, company):
    [page] = pages(replace(SHEET, company=company, colour="#cc0000"), [CARD])

    dots = colours_on_top(page)

    assert dots[204, 0, 0] > 10_000
    assert dots[255, 255, 255] > 150


@pytest.mark.parametrize(("colour", "ink"), [("#ffe066", (0, 0, 0)), ("#1f4e79", (255, 255, 255))])
def test_the_name_is_dark_on_a_light_colour_and_light_on_a_dark_one(pages, colour, ink):
    [page] = pages(replace(SHEET, colour=colour), [CARD])

    assert ink in colours_on_top(page)


def test_a_long_name_stays_on_its_card(pages):
    [page] = pages(replace(SHEET, company="Uhuru " * 30), [CARD])

    # What is right of the only card is as white as the rest of an empty page.
    beside = picture(page).crop((530, 90, 960, 115)).getcolors()
    assert beside == [(430 * 25, (255, 255, 255))]


def test_what_cards_share_is_in_the_document_once():
    few, many = (len(sheets.pdf(SHEET, some_cards(count))) for count in (21, 42))

    assert many - few < 21 * 600
