import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot import codes

BITS = st.integers(min_value=32, max_value=128)
ALPHABETS = st.sampled_from([codes.LETTERS, codes.DIGITS])
OURS = st.sampled_from([codes.LETTERS, codes.DIGITS]).flatmap(
    lambda alphabet: st.text(alphabet, min_size=1, max_size=24)
)


@pytest.mark.parametrize("confusable", "0O1ILU")
def test_a_code_has_no_character_that_resembles_another(confusable):
    assert confusable not in codes.LETTERS


@given(bits=BITS, alphabet=ALPHABETS)
def test_a_code_holds_the_bits_asked_for_and_no_character_more(bits, alphabet):
    [code] = codes.new_codes(1, bits=bits, alphabet=alphabet)

    assert set(code) <= set(alphabet)
    assert len(alphabet) ** len(code) >= 2**bits > len(alphabet) ** (len(code) - 1)


def test_ten_thousand_codes_are_all_different():
    made = codes.new_codes(10_000)

    assert len(set(made)) == 10_000
    assert {len(code) for code in made} == {11}


def test_codes_stay_different_where_the_space_is_nearly_full():
    made = codes.new_codes(50, bits=6, alphabet=codes.DIGITS)

    assert len(set(made)) == 50


def test_more_codes_than_can_be_told_from_guesses_are_refused():
    with pytest.raises(ValueError, match="51 codes"):
        codes.new_codes(51, bits=6, alphabet=codes.DIGITS)


@pytest.mark.parametrize("alphabet", [codes.LETTERS, codes.DIGITS])
def test_no_character_is_likelier_than_another(alphabet):
    text = "".join(codes.new_codes(20_000, alphabet=alphabet))
    expected = len(text) / len(alphabet)

    chi_squared = sum((text.count(c) - expected) ** 2 / expected for c in alphabet)

    # For 29 degrees of freedom this is passed once in some hundred million runs.
    assert chi_squared < 100


def test_codes_of_digits_keep_their_leading_zeros():
    made = codes.new_codes(400, bits=26, alphabet=codes.DIGITS)

    assert any(code.startswith("0") for code in made)
    assert {len(code) for code in made} == {8}


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("ABCDEFGHJKM", "ABCD-EFGH-JKM"),
        ("0012345678", "0012-345-678"),
        ("004521", "004-521"),
        ("2345", "2345"),
        ("", ""),
        ("john", "john"),
        ("HOTELROOM", "HOTELROOM"),
    ],
)
def test_a_code_is_printed_in_even_groups_and_a_chosen_one_as_it_is(code, printed):
    assert codes.grouped(code) == printed


@given(OURS)
def test_what_is_printed_reads_back_as_the_code(code):
    assert codes.normalise(codes.grouped(code)) == code
    assert codes.normalise(codes.grouped(code).lower()) == code


@given(
    OURS,
    st.sampled_from([" ", "-", "\N{EN DASH}", "\N{NO-BREAK SPACE}", "\t", "_", "."]),
    st.data(),
)
def test_spaces_and_dashes_may_stand_anywhere(code, gap, data):
    at = data.draw(st.integers(0, len(code)))

    assert codes.normalise(code[:at] + gap + code[at:]) == code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("OO4521", "004521"),
        ("l0I", "101"),
        ("\u0660\u0660\u0664521", "004521"),  # an Arabic keyboard
        ("\uff10\uff10\uff14521", "004521"),  # a wide one
        ("abcd-efgh-ukm", "ABCDEFGHVKM"),
        ("abcdefgh1km", "ABCDEFGHJKM"),
        ("ABCDEFGH0KM", "ABCDEFGHQKM"),
    ],
)
def test_a_misread_character_becomes_the_one_it_resembles(typed, code):
    assert codes.normalise(typed) == code


@given(st.text())
def test_anything_can_be_typed(typed):
    once = codes.normalise(typed)

    assert codes.normalise(once) == once
    assert set(once) <= set(codes.LETTERS) | set(codes.DIGITS)


def test_a_chosen_code_is_read_to_the_letter_first():
    assert codes.readings(" user-1 ") == ["user-1", "VSERJ"]
    assert codes.readings("ABCDEFGHJKM") == ["ABCDEFGHJKM"]
    assert codes.readings(" - ") == ["-"]


def test_an_index_is_keyed_and_of_its_own_purpose(settings):
    first = codes.index("ABCDEFGHJKM")
    settings.SECRET_KEY = "another " * 8

    assert codes.index("ABCDEFGHJKM") != first
    assert "ABCDEFGHJKM" not in first
