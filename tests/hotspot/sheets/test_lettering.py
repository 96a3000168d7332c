import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.sheets.lettering import outline

NAMES = [
    "Uhuru Coffee",
    "Кафе Прогресс",
    "Καφενείο",
    "مقهى النور",
    "בית קפה",
    "चाय घर",
    "চায়ের দোকান",
    "தேநீர் கடை",
    "ร้านกาแฟ",
    "ຮ້ານກາເຟ",
    "ហាងកាហ្វេ",
    "ကော်ဖီဆိုင်",
    "ጣና ካፌ",
    "ყავის სახლი",
    "Սրճարան",
    "北京茶馆",
    "東京カフェ",
    "서울 카페",
    "Quán cà phê Việt",
    "Wi-Fi ☕ 🚀",
]


def leftmost(text):
    """Return how the leftmost stroke of `text` is drawn."""
    return outline(text).operators.partition("\nh")[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_letter_of_a_name_is_drawn(name):
    letters = [letter for letter in name if letter.isalpha()]

    assert all(outline(letter).operators for letter in letters)
    assert outline(name).width > len(name) * 0.1


def test_a_character_that_no_font_has_leaves_no_box():
    assert outline("Caf\ue000é\ufffe") == outline("Café")
    assert outline("\ue000").width == 0


def test_arabic_letters_are_joined():
    apart = sum(outline(letter).width for letter in "مقهى")

    assert outline("مقهى").width < apart * 0.9


def test_indian_vowel_signs_stand_where_they_are_read():
    # The short i is spoken after its consonant, and written before it.
    assert leftmost("कि") != leftmost("क") == leftmost("का")


def test_a_number_in_a_name_from_right_to_left_stands_at_its_left_and_keeps_its_order():
    assert leftmost("مقهى 24") == leftmost("مقهى 25") != leftmost("مقهى 54")


def test_a_western_name_in_an_arabic_one_keeps_its_order():
    assert outline("مقهى Blue Sky").operators.startswith(outline("Blue Sky").operators)


def test_a_latin_name_begins_at_its_left_whatever_follows():
    assert outline("Café مقهى").operators.startswith(outline("Café").operators)


@given(st.text(max_size=12))
def test_any_text_can_be_set(text):
    assert outline(text).width >= 0
