"""The page that plays the guest's phone, on one and with a keyboard."""

import pytest

from tests import browser

pytestmark = browser.needed


@pytest.fixture(scope="module")
def chromium():
    with browser.running() as chromium:
        yield chromium


@pytest.fixture
def page(providers, chromium):
    """The page on a small phone."""
    with browser.visit(providers.page, width=360, height=640, chromium=chromium) as page:
        yield page


def test_a_guest_pays_with_a_pin(page, kopokopo):
    ref = kopokopo.ask("678")
    page.get_by_text("Pay KES 20.00 to").wait_for()
    browser.keep(page, "phone")

    page.get_by_label("PIN").fill("1234")
    page.get_by_role("button", name="Pay").click()

    page.get_by_text("+254712345678: Paid.").wait_for()
    assert kopokopo.outcome(ref) == "paid"
    assert page.get_by_text("Nobody is asked").is_visible()


def test_a_guest_cancels_with_the_keyboard(page, daraja):
    ref = daraja.ask("678")
    page.get_by_label("PIN").focus()

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_text("Not paid.").wait_for()
    assert daraja.outcome(ref) == "failed"


def test_a_guest_does_something_else(page, intasend):
    ref = intasend.ask("678")

    page.get_by_text("Something else").click()
    page.get_by_role("button", name="Not enough money").click()

    page.get_by_text("Not paid.").wait_for()
    assert intasend.status(ref)["failed_code"] == "1"


def test_a_guest_pays_at_the_counter(page, conekta):
    ref = conekta.voucher().json()["id"]

    page.get_by_role("button", name="Pay at the counter").click()

    page.get_by_text("Paid.", exact=False).wait_for()
    assert conekta.status(ref) == "paid"


def test_it_fits_a_small_phone_and_says_who_is_asked(page, kopokopo):
    kopokopo.ask("678")
    page.locator("li.prompt").wait_for()

    width = page.evaluate("document.documentElement.scrollWidth")
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('.prompt form button')]"
        ".map(button => button.getBoundingClientRect().height))"
    )
    assert width == 360
    assert smallest >= 44
    page.get_by_text("+254712345678 is asked for KES 20.00.").wait_for()
    assert page.get_by_role("listitem", name="+254712345678").count() == 1


def test_it_tells_of_the_numbers_that_answer_by_themselves(page):
    page.get_by_text("Numbers that answer by themselves").click()

    assert page.get_by_role("row").count() == 24
