import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import phones

E164 = st.integers(0, 10**8 - 1).map(lambda n: f"+2547{n:08}") | st.integers(
    2 * 10**9, 10**10 - 1
).map(lambda n: f"+52{n}")


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("0712345678", "+254712345678"),
        ("0110345678", "+254110345678"),
        ("712345678", "+254712345678"),
        ("254712345678", "+254712345678"),
        ("+254712345678", "+254712345678"),
        ("00254712345678", "+254712345678"),
        (" 0712 345-678 ", "+254712345678"),
        ("+254 (712) 345.678", "+254712345678"),
        ("0712\u2011345\u00a0678", "+254712345678"),
        ("5512345678", "+525512345678"),
        ("+52 55 1234 5678", "+525512345678"),
        ("+5215512345678", "+525512345678"),
        ("044 55 1234 5678", "+525512345678"),
    ],
)
def test_numbers_are_taken_as_people_type_them(typed, phone):
    assert phones.normalise(typed) == phone


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "07123456789",
        "071234567",
        "0812345678",
        "+254812345678",
        "+2540712345678",
        "+447911123456",
        "+++254712345678",
        "0712345678;",
        "٠٧١٢٣٤٥٦٧٨",
        "0712345678\x00",
        "0" * 10_000,
        "1512345678",
    ],
)
def test_what_is_no_number_that_we_know_is_refused(typed):
    with pytest.raises(phones.NotAPhone):
        phones.normalise(typed)


@given(E164)
def test_a_normal_number_stays_as_it_is(phone):
    assert phones.normalise(phone) == phone


@given(st.text("0123456789+- ()", max_size=45) | st.text(max_size=20))
def test_any_text_is_a_number_or_refused(typed):
    try:
        phone = phones.normalise(typed)
    except phones.NotAPhone:
        return
    assert phones.normalise(phone) == phone


def test_a_number_tells_its_country():
    assert phones.country_of("+254712345678") == "KE"
    assert phones.country_of("+525512345678") == "MX"


def test_a_masked_number_shows_too_little_to_call():
    assert phones.masked("+254712345678") == "+2547•••678"
    assert phones.masked("") == "•••"
