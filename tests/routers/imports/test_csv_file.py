"""The list as spreadsheets and people write it."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routers.imports.csv_file import COLUMNS, MOST_ROWS, Line, UnreadableList, decode, read_list
from routers.serializers import RouterSerializer

HEADER = "name,host,username,password"
CAFE = {"name": "Café", "host": "10.0.0.1", "username": "admin", "password": "x"}


def only_line(text):
    (line,) = read_list(text)
    return line.values


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\nCafé,10.0.0.1,admin,x",
        f"{HEADER}\r\nCafé,10.0.0.1,admin,x\r\n",
        f"{HEADER}\rCafé,10.0.0.1,admin,x\r",
        f"\ufeff{HEADER}\nCafé,10.0.0.1,admin,x\n",
        "name;host;username;password\nCafé;10.0.0.1;admin;x\n",
        "name\thost\tusername\tpassword\nCafé\t10.0.0.1\tadmin\tx\n",
        '"Name","Host","Username","Password"\n"Café","10.0.0.1","admin","x"\n',
        "password,Username,HOST,name\nx,admin,10.0.0.1,Café\n",
        "Router,IP address,User,Password\nCafé,10.0.0.1,admin,x\n",
        f"{HEADER},location\nCafé, 10.0.0.1 ,admin,x,\n",
        f"{HEADER},,\nCafé,10.0.0.1,admin,x,,\n",
        f"\n{HEADER}\n\n,,,\nCafé,10.0.0.1,admin,x\n \n",
    ],
)
def test_every_way_to_save_a_list_reads_alike(text):
    assert only_line(text) == CAFE


def test_a_file_may_be_in_utf_8_or_as_windows_saves_it():
    assert decode("Café".encode()) == decode("Café".encode("cp1252")) == "Café"


def test_a_value_may_hold_delimiters_quotation_marks_and_line_ends():
    values = only_line(f'{HEADER}\n"a, ""b""\nc",10.0.0.1,admin,"x;y"')

    assert (values["name"], values["password"]) == ('a, "b"\nc', "x;y")


def test_a_password_keeps_its_spaces():
    assert only_line(f"{HEADER}\nCafé,10.0.0.1,admin, x ")["password"] == " x "


def test_a_line_has_the_number_that_an_editor_shows():
    lines = read_list(f'\n{HEADER}\n"a\nb",10.0.0.1,u,p\n\nc,10.0.0.2,u,p')

    assert [line.number for line in lines] == [3, 6]


def test_values_beyond_the_header_are_counted():
    assert read_list(f"{HEADER}\nCafé,10.0.0.1,admin,x,y,,z") == [Line(2, CAFE, surplus=2)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must name these columns too: name, host, username, password"),
        ("\n\n", "must name these columns too"),
        ("name,host,username\na,b,c", "columns too: password"),
        (f"{HEADER},colour\na,b,c,d,e", 'no column "colour"'),
        (f",{HEADER}", 'no column ""'),
        (f"{HEADER},ip\na,b,c,d,e", "Two columns say what the host is"),
        (HEADER, "lists no router"),
        (f"{HEADER}\n,,,", "lists no router"),
        (f'{HEADER}\n"a,b,c,d', "From line 2 on"),
        (f'{HEADER}\n"a"b,c,d,e', "From line 2 on"),
        (f"{HEADER}\na\0,b,c,d", "not plain text"),
        (f"{HEADER}\n{'x' * 200_000},b,c,d", "From line 2 on"),
        (HEADER + "\na,b,c,d" * (MOST_ROWS + 1), "more than 5000 routers"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_change(text, sentence):
    with pytest.raises(UnreadableList, match=sentence):
        read_list(text)


def test_what_is_in_no_encoding_of_ours_is_refused():
    with pytest.raises(UnreadableList, match="UTF-8"):
        decode(b"caf\x81\xff")


def test_the_most_routers_that_are_taken_are_taken():
    assert len(read_list(HEADER + "\na,b,c,d" * MOST_ROWS)) == MOST_ROWS


def test_columns_are_the_fields_that_a_new_router_takes():
    fields = RouterSerializer().fields.items()

    writable = {name for name, field in fields if not field.read_only}
    assert set(COLUMNS) == writable - {"company"}


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode(errors="replace"))
)
@example(b"\xef\xbb\xbf")
@example("name,host,username,password\n".encode("utf-16"))
def test_any_bytes_are_read_or_refused(content):
    with suppress(UnreadableList):
        assert read_list(decode(content))


@given(
    st.lists(
        st.lists(st.text('a";,\t\n\r \u2028\x0bé', max_size=4), max_size=7), min_size=1, max_size=8
    )
)
def test_any_rows_under_a_good_header_are_read_or_refused(rows):
    text = HEADER + "\n" + "\n".join(",".join(row) for row in rows)
    try:
        lines = read_list(text)
    except UnreadableList:
        return
    assert all(line.values.keys() <= set(COLUMNS) for line in lines)
    numbers = [line.number for line in lines]
    assert numbers == sorted(set(numbers))
