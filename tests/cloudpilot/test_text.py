import pytest

from cloudpilot.text import storable


@pytest.mark.parametrize(
    ("text", "longest", "stored"),
    [
        ("as it is", None, "as it is"),
        ("a\0b\0", None, "ab"),
        ("\0\0\0abcdef", 4, "abcd"),  # what is not stored takes no room
        ("", 4, ""),
    ],
)
def test_what_cannot_be_stored_is_left_out_before_the_rest_is_cut(text, longest, stored):
    assert storable(text, longest) == stored
