import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot.sheets.qr import Symbols

PREFIX = "http://login.uhuru.example/login?username="


@settings(deadline=None, max_examples=10)  # encoding a text is slow, and fifty times so here
@given(st.lists(st.text(st.characters(codec="ascii"), max_size=6), min_size=1, max_size=3))
def test_a_symbol_is_the_one_that_encoding_the_whole_text_gives(endings):
    symbols = Symbols(PREFIX)

    for ending in endings:
        whole = segno.make_qr(
            (PREFIX + ending).encode(), error="m", mode="byte", mask=3, boost_error=False
        )
        assert symbols.rows(ending) == ["".join(map(str, row)) for row in whole.matrix]
