"""Whatever a client sends, the router answers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routers.simulator import Refused, Simulator
from routers.simulator.accounts import policies_of
from routers.simulator.commands import Reply, Session, run
from routers.simulator.menus import MENUS
from tests.routers.simulator.test_menus import VERBS

words = st.sampled_from(
    ["", "*0", "*1", "*99", "default", "admin", "ether1", "yes", "no", "1h", "all", "10.0.0.1/24",
     "0", "-1", "1M/2M", "none", "read,write", "*1,*2", "\x00", "名前", "a=b"]
)  # fmt: skip
extra = [".id", "numbers", "value-name", "destination", "copy-from", "place-before", ".proplist",
         "count-only", "interval", "follow", "nonsense", "!comment"]  # fmt: skip
queries = st.lists(
    st.sampled_from(["name", "-name", "name=x", "=name=x", ">name=1", "#|", "#!", "#9", "#x"]),
    max_size=4,
)


@pytest.fixture(scope="module")
def device():
    return Simulator().devices[0]


@st.composite
def sentences(draw):
    path = draw(st.sampled_from(sorted(MENUS)))
    names = [*MENUS[path].by_name, *extra]
    args = draw(st.dictionaries(st.sampled_from(names), words, max_size=6))
    return f"{path}/{draw(st.sampled_from(sorted(VERBS)))}", args, draw(queries)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentence=sentences())
def test_any_command_is_done_or_refused(device, sentence):
    path, args, query = sentence
    session = Session("admin", "full", policies_of(device.router, "full"))

    try:
        reply = run(path, device.router, session, args, query)
    except Refused:
        return
    assert isinstance(reply, Reply) or hasattr(reply, "__aiter__")
