import pytest

from routers.simulator.queries import compile_query

ROW = {
    ".id": "*1",
    "name": "bob",
    "disabled": "false",
    "limit-uptime": "1h",
    "bytes-in": "1500",
    "address": "10.0.0.9",
    "comment": "yes",
}


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ([], True),
        (["name"], True),
        (["email"], False),
        (["-email"], True),
        (["-name"], False),
        (["name=bob"], True),
        (["=name=bob"], True),
        (["name=bo"], False),
        (["disabled=no"], True),
        (["=disabled=false"], True),
        (["disabled=yes"], False),
        (["limit-uptime=60m"], True),
        ([">bytes-in=999"], True),
        (["<bytes-in=999"], False),
        ([">limit-uptime=59m"], True),
        (["<address=10.0.0.10"], True),
        ([">comment="], True),
        ([">email="], False),
        (["comment=true"], False),
        (["email="], True),
        (["name=eve", "name=bob"], False),
        (["name=eve", "name=bob", "#|"], True),
        (["name=bob", "disabled=no", "#&"], True),
        (["name=eve", "#!"], True),
        (["name=eve", "name=bob", "#!", "#|", "#!"], True),
        (["name=bob", "#."], True),
        (["name=eve", "name=bob", "#0"], True),
        (["name=bob", "name=eve", "#1"], True),
        (["#&"], True),
        (["#!"], False),
    ],
)
def test_the_query_stack_decides(query, passes):
    assert compile_query(query)(ROW) is passes
