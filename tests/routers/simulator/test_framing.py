import pytest
from hypothesis import given
from hypothesis import strategies as st

from routers.simulator.framing import BrokenFraming, Decoder, encode_length, encode_sentence

words = st.text(min_size=1, max_size=300)
sentences = st.lists(st.lists(words, min_size=1, max_size=6), max_size=5)


@given(sentences, st.data())
def test_sentences_survive_any_fragmentation(sentences, data):
    stream = b"".join(map(encode_sentence, sentences))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    decoder = Decoder()

    assert [s for piece in pieces for s in decoder.feed(piece)] == sentences


@pytest.mark.parametrize(
    ("length", "encoded"),
    [
        (0x7F, "7f"),
        (0x80, "8080"),
        (0x3FFF, "bfff"),
        (0x4000, "c04000"),
        (0x1FFFFF, "dfffff"),
        (0x200000, "e0200000"),
    ],
)
def test_a_length_takes_the_shortest_form(length, encoded):
    assert encode_length(length).hex() == encoded


@pytest.mark.parametrize("form", ["03", "8003", "c00003", "e0000003", "f000000003"])
def test_all_five_forms_of_a_length_are_read(form):
    stream = bytes.fromhex(form) + b"/a/" + b"\0"

    assert list(Decoder().feed(stream)) == [["/a/"]]


def test_bytes_that_are_no_text_come_back_as_they_were():
    stream = b"\x05=a=\xff\x00\x00"

    (sentence,) = Decoder().feed(stream)

    assert encode_sentence(sentence) == stream


def test_empty_sentences_are_passed_over():
    assert list(Decoder().feed(b"\0\0\x02/a\0\0")) == [["/a"]]


@pytest.mark.parametrize("data", [b"\xf8", b"\xff/", b"\xf0\xff\xff\xff\xff"])
def test_a_reserved_or_absurd_length_breaks_the_framing(data):
    with pytest.raises(BrokenFraming):
        list(Decoder().feed(data))
