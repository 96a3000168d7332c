"""The picture of a network."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest

from networks.map.drawing import Dot, Line, State, places_of, svg

SVG = "{http://www.w3.org/2000/svg}"


def dots(count, hub=True):
    return [
        Dot(f"02:00:00:00:00:{n:02x}", f"cafe-{n}", f"10.70.0.{n + 1}",
            "hub" if hub and n == 0 else "node", State.UP, timedelta(seconds=5))
        for n in range(count)
    ]  # fmt: skip


def spokes(nodes):
    hub = nodes[0].key
    return [Line(hub, node.key, State.UP, timedelta(seconds=5), 1500, 20) for node in nodes[1:]]


def drawn(text):
    root = ElementTree.fromstring(text)
    return root, list(root.iter(f"{SVG}circle")), list(root.iter(f"{SVG}line"))


@pytest.mark.parametrize("count", [0, 1, 2, 5, 200])
def test_every_node_and_every_tunnel_is_drawn(count):
    nodes = dots(count)
    _, circles, lines = drawn(svg("skynet", nodes, spokes(nodes) if nodes else []))

    assert len(circles) == count
    assert len(lines) == max(count - 1, 0)


@pytest.mark.parametrize("count", [5, 200])
@pytest.mark.parametrize("hub", [True, False])
def test_nodes_stand_apart_and_within_the_picture(count, hub):
    nodes = dots(count, hub)
    places = list(places_of(nodes).values())
    root, _, _ = drawn(svg("skynet", nodes, []))
    _, _, width, _ = map(int, root.get("viewBox").split())

    assert len(places) == count
    assert all(
        abs(x1 - x2) + abs(y1 - y2) >= 70
        for number, (x1, y1) in enumerate(places)
        for x2, y2 in places[:number]
    )
    assert max(max(abs(x), abs(y)) for x, y in places) < width / 2


def test_the_hub_is_in_the_middle():
    nodes = dots(5)[::-1]

    assert places_of(nodes)[nodes[-1].key] == (0, 0)


def test_it_is_the_same_each_time():
    nodes = dots(50)

    assert svg("skynet", nodes, spokes(nodes)) == svg("skynet", nodes, spokes(nodes))


def test_names_are_text_and_nothing_else():
    name = "</text><script>alert(1)</script>&\x00\ud800"
    nodes = [Dot("a", name, '"><x', "node", State.UP)]
    root, _, _ = drawn(svg(name, nodes, []))

    assert not list(root.iter(f"{SVG}script"))
    assert all(element.tag.startswith(SVG) for element in root.iter())


def test_what_is_not_up_is_dashed_as_well_as_coloured():
    nodes = [Dot("a", "a", "10.0.0.1", "node", State.SILENT, timedelta(hours=5)),
             Dot("b", "b", "10.0.0.2", "node", State.NEVER)]  # fmt: skip
    _, circles, lines = drawn(svg("net", nodes, [Line("a", "b", State.NEVER)]))

    assert all(shape.get("stroke-dasharray") for shape in (*circles, *lines))


def test_words_say_how_long_ago_and_how_much():
    nodes = dots(2)
    line = Line(nodes[0].key, nodes[1].key, State.SILENT, timedelta(hours=3), 4_200_000, 12)

    text = svg("net", nodes, [line])

    assert "silent, last handshake 3 h ago; 4.2 MB there, 12 B back" in text


def test_a_long_name_keeps_both_its_ends():
    nodes = [Dot("a", "cafe-nakuru-riverside-162", "10.0.0.1", "node", State.UP)]

    assert ">cafe-na…de-162<" in svg("net", nodes, [])
