"""The script language, as far as reverts, onboarding and imports go."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routers.simulator import Refused, Simulator
from routers.simulator.commands import Session
from routers.simulator.scripting.quoting import quote
from routers.simulator.web import WebAnswer, WebRequest

USERS = "/ip/hotspot/user"
ADDRESSES = "/ip/address"


@pytest.fixture
def run(device):
    return device.run_script


def names(device, path=USERS):
    return [row["name"] for row in device.rows(path)][1:]


@pytest.mark.parametrize(
    "source",
    [
        '/ip/hotspot/user/add name="bob" disabled=yes',
        "/ip hotspot user add name=bob disabled=yes",
        "/ip hotspot user\nadd name=bob disabled=yes",
        "ip hotspot user add name=bob disabled=yes;",
        "# a voucher\r\n/ip hotspot user add name=bob \\\r\n    disabled=yes\r\n",
        '/ip hotspot/user add name="bo\\\n   b" disabled=yes',
    ],
)
def test_a_command_has_many_spellings(device, run, source):
    run(source)

    assert device.rows(USERS)[1]["name"] == "bob"
    assert device.rows(USERS)[1]["disabled"] == "true"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\"", '"'), (r"\\", "\\"), (r"\$x", "$x"), (r"\n", "\n"), (r"\r\t", "\r\t"),
        (r"a\_b", "a b"), (r"\?", "?"), (r"\0A", "\n"), (r"\C5\BC", "ż"), (r"\FF", "\udcff"),
        ("ż", "ż"), ("a?#;{[(b", "a?#;{[(b"),
    ],
)  # fmt: skip
def test_a_backslash_means_what_the_manual_says(run, written, meant):
    assert run(f':put "{written}"') == [meant]


@pytest.mark.parametrize(
    "source",
    [
        r':put "\x"', r':put "\0a"', ':put "a', ':put "a\nb"', ':put "$"', ":put $", "/ip address [",
        "/ip address print}", "{", "]", "=", ":if (1=1) do=x", ":foreach do={}", ":put a b",
        ':put "a""b"', "add", "/no/such/menu print", "/ip address frobnicate", ":frobnicate",
        "/ip address add address=1.1.1.1/32 interface=bridge colour=red",
        "(" * 1000, "[" * 1000, ":do {" * 1000,
    ],
)  # fmt: skip
def test_what_it_does_not_understand_runs_not_at_all(device, run, source):
    with pytest.raises(Refused, match=r"\(line \d+ column \d+\)"):
        run(f"/ip hotspot user add name=bob\n:do {{\n{source}\n}} on-error={{}}")

    assert names(device) == []
    assert device.rows("/log")[-1]["topics"] == "script,error"


@pytest.mark.parametrize(
    "condition",
    [
        'comment="cp:x:1"', 'where comment="cp:x:1"', "comment=cp:x:1 disabled=no",
        'where comment~"^cp:x:1" && !disabled', 'where (name=bob or name="ben") and comment="cp:x:1"',
        'where name!="eve" && name!="default-trial"', 'name=("b" . "ob")', "where name=$who",
        "where name=[/ip hotspot user get [find comment=cp:x:1] name]",
    ],
)  # fmt: skip
def test_find_gives_the_rows_that_a_condition_holds_for(device, run, condition):
    run("/ip hotspot user\nadd name=bob comment=cp:x:1\nadd name=eve comment=cp:x:2")

    run(f":local who bob\n/ip hotspot user remove [find {condition}]")

    assert names(device) == ["eve"]


def test_nothing_found_is_nothing_done(device, run):
    run('/ip address remove [find comment="cp:gone:1"]; /ip address set [find name=x] comment=y')

    assert len(device.rows(ADDRESSES)) == 1
    assert device.rows(ADDRESSES)[0]["comment"] == "defconf"


def test_an_exclamation_mark_unsets(device, run):
    run("/ip hotspot user add name=bob limit-uptime=1h; /ip hotspot user set bob !limit-uptime")

    assert "limit-uptime" not in device.rows(USERS)[1]


def test_an_error_stops_the_script_and_what_was_done_stays(device, run):
    with pytest.raises(Refused, match="already have user"):
        run("/ip hotspot user\nadd name=a\nadd name=a\nadd name=b")

    assert names(device) == ["a"]
    assert "already have user" in device.rows("/log")[-1]["message"]


def test_on_error_goes_on(device, run):
    run(':do { /ip hotspot user add name="" } on-error={ :log info "caught" }\n'
        ":do { :error oops } on-error={}\n/ip hotspot user add name=b")  # fmt: skip

    assert names(device) == ["b"]
    assert device.rows("/log")[-1]["message"] == "caught"


def test_variables_conditions_and_loops(device, run):
    put = run(
        ":local n 0\n"
        ':foreach i in=[/interface find type="ether"] do={\n'
        "  :set n [/interface get $i name]\n"
        '  :if ($n = "ether2" || $n = ether4) do={ :put "has $n" } else={ :put ("not " . $n) }\n'
        "}\n"
        ':put "$[:len [/interface find]] $n"'
    )

    assert put == ["not ether1", "has ether2", "not ether3", "has ether4", "not ether5", "6 ether5"]


def test_a_global_is_there_for_the_next_script(device, run):
    run(":global site north")

    assert run(':put "site $site"') == ["site north"]
    assert device.rows("/system/script/environment")[0]["value"] == "north"


def test_braces_are_text_where_a_value_is_wanted(device, run):
    run("/system scheduler add name=x interval=1m on-event={ :log info hi }")

    assert device.rows("/system/scheduler")[0]["on-event"] == " :log info hi "


def test_a_script_may_do_what_its_runner_may(device):
    reader = Session("ana", "read", frozenset({"read", "test"}))

    with pytest.raises(Refused, match="not enough permissions"):
        device.router.agenda.run("/ip hotspot user add name=bob", reader)


def test_a_delay_passes_on_the_routers_clock(device, run):
    run(":log info one; :delay 30s; :log info two")
    assert [row["message"] for row in device.rows("/log")] == ["one"]
    assert len(device.rows("/system/script/job")) == 1

    device.advance(30)

    assert [row["message"] for row in device.rows("/log")] == ["one", "two"]
    assert device.rows("/system/script/job") == []


@pytest.mark.parametrize(
    "source",
    [
        ":foreach a in=[/log find] do={ :foreach b in=[/log find] do={ :foreach c in=[/log find]"
        " do={ :foreach d in=[/log find] do={ :len x } } } }",
        ":local a xxxxxxxxxx; :foreach i in=[/log find] do={ :set a ($a . $a) }",
        "/system script run again",
        "/system script run deep",
    ],
)
def test_a_script_that_would_not_end_is_ended(device, run, source):
    run(":log info x;" * 30)
    device.add("/system/script", {"name": "again", "source": "/system script run again"})
    deep = ":do {" * 24 + "/system script run deep" + "}" * 24
    device.add("/system/script", {"name": "deep", "source": deep})

    with pytest.raises(Refused):
        run(source)


def test_a_script_and_a_file_are_run_by_command(wire, device):
    wire.talk("/system/script/add", "=name=s", "=source=/ip hotspot user add name=a")
    wire.talk("/file/add", "=name=f.rsc", "=contents=/ip hotspot user\nadd name=b\nadd name=b")

    assert wire.talk("/system/script/run", "=.id=s") == [["!done"]]
    (refusal, _) = wire.talk("/import", "=file-name=f.rsc")

    assert "already have user" in refusal[-1]
    assert names(device) == ["a", "b"]
    assert device.rows("/system/script")[0]["run-count"] == "1"


def test_execute_answers_with_what_was_put(wire, device):
    script = '=script=:put [/ip address get [find comment="defconf"] address]'

    assert wire.talk("/execute", script, "=as-string=") == [["!done", "=ret=192.168.88.1/24\n"]]
    assert wire.talk("/execute", "=script=:error oops")[0][0] == "!done"


# Any text ------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"])) | st.binary().map(
    lambda data: data.decode("utf-8", "surrogateescape")
)
pieces = st.sampled_from(
    ["/ip address ", "add ", "set ", "[find ", "]", "{", "}", "(", ")", '"', "\\", "$x", "$[", "$(",
     ":do ", ":if ", "on-error=", "do=", ":local x ", ":foreach i in=", ":put ", ":set x ", ";", "\n",
     "#", "=", "!", "where ", "comment", "&&", "||", " . ", "~", "<", "address=1.1.1.1/32 ", "*1 ",
     "interface=bridge ", ":delay ", "/system script run again ", "/ping 1.1.1.1 ", "/log ", "print "]
)  # fmt: skip


@pytest.fixture(scope="module")
def any_device():
    return Simulator().devices[0]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=texts | st.lists(pieces, max_size=25).map("".join))
def test_any_text_is_run_or_refused(any_device, source):
    with contextlib.suppress(Refused):
        any_device.run_script(source)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
def test_a_quoted_text_is_read_as_it_was(any_device, text):
    assert any_device.run_script(f":put {quote(text)}") == [text]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (':put [:find "abcabc" "b"]', "1"),
        (':put [:find "abcabc" "b" 1]', "4"),
        (':put [:typeof [:find "abc" "x"]]', "nil"),
        (':put [:typeof ""]', "str"),
        (':put [:typeof [:find "abc" "c"]]', "num"),
        (":put [:typeof [/interface find]]", "array"),
        (':put [:pick "abcdef" 1]', "b"),
        (':put [:pick "abcdef" 1 4]', "bcd"),
        (':put [:typeof [:pick "abc" 5 9]]', "nil"),
        (':local at 3\n:put [:pick "abcdef" ($at + 1) 9]', "ef"),
        (':put ([/system identity print as-value]->"name")', "MikroTik"),
        (':put ([/system identity print as-value]->"no such")', ""),
        (":put [/interface get [:pick [/interface find name=ether2] 0] name]", "ether2"),
    ],
)
def test_texts_and_arrays_are_taken_apart(run, written, meant):
    assert run(written) == [meant]


@pytest.mark.parametrize("source", [":put (a + 1)", ':put [:pick "abc" x]'])
def test_only_numbers_are_added_and_counted(run, source):
    with pytest.raises(Refused, match="number"):
        run(source)


@pytest.fixture
def web(device):
    """What the router asks of the web, and what it is told."""
    asked = []

    def answer(request):
        asked.append(request)
        if request.url.endswith("/away"):
            raise OSError("no route to host")
        return WebAnswer(404 if request.url.endswith("/nothing") else 200, b"/log info hello\n")

    device.router.web = answer
    return asked


def test_a_fetch_says_what_it_was_told(web, run):
    source = (
        '/tool fetch url="https://cloud.example/x" http-method=post output=user as-value '
        'http-header-field="A: 1,Authorization: Bearer abc" http-data="{\\"a\\":1}" '
        "check-certificate=yes-without-crl"
    )

    assert run(f':put ([{source}]->"data")') == ["/log info hello\n"]
    assert web == [
        WebRequest("POST", "https://cloud.example/x",
                   {"A": "1", "Authorization": "Bearer abc"}, b'{"a":1}', True)
    ]  # fmt: skip


def test_what_is_fetched_into_a_file_can_be_imported(web, device, run):
    run('/tool fetch url="https://cloud.example/x.rsc?a=b"\n/import file-name=x.rsc')

    assert device.rows("/log")[-1]["message"] == "hello"


@pytest.mark.parametrize("url", ["https://cloud.example/nothing", "https://cloud.example/away"])
def test_a_fetch_that_fails_is_an_error_of_the_script(web, device, run, url):
    run(f':do {{ /tool fetch url="{url}" dst-path=y.rsc }} on-error={{ /log info failed }}')

    assert device.rows("/log")[-1]["message"] == "failed"
    assert not [row for row in device.rows("/file") if row["name"] == "y.rsc"]


def test_what_an_imported_file_puts_out_is_seen_at_the_console(web, device, run):
    device.add("/file", {"name": "x.rsc", "contents": ":put hello"})

    assert run("/import file-name=x.rsc") == ["hello"]
