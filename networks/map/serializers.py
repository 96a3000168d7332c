from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from networks.fields import unix
from networks.map import examples
from networks.map.drawing import Dot, Line, State
from networks.map.gathering import Map

_STATES = [(state.value, state.value) for state in State]


class MapNodeSerializer(serializers.Serializer):
    macaddress = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    role = serializers.ChoiceField([(role, role) for role in ("hub", "gateway", "node")])
    state = serializers.ChoiceField(_STATES)
    handshakeage = serializers.IntegerField(allow_null=True, help_text="seconds; null: none yet")
    rxbytes = serializers.IntegerField()
    txbytes = serializers.IntegerField()


class MapLinkSerializer(serializers.Serializer):
    """A tunnel, by the MAC addresses of its ends."""

    a = serializers.CharField()
    b = serializers.CharField()
    state = serializers.ChoiceField(_STATES)
    handshakeage = serializers.IntegerField(allow_null=True, help_text="seconds; null: none yet")
    bytesatob = serializers.IntegerField()
    bytesbtoa = serializers.IntegerField()


@extend_schema_serializer(examples=examples.MAP)
class MapSerializer(serializers.Serializer):
    """A network's nodes, and the tunnels that were seen; with very many the liveliest."""

    netid = serializers.CharField()
    topology = serializers.CharField()
    at = serializers.IntegerField(help_text="Unix seconds")
    nodes = MapNodeSerializer(many=True)
    links = MapLinkSerializer(many=True)
    linksleftout = serializers.IntegerField()


def shown(found: Map) -> dict[str, Any]:
    return {
        "netid": found.network.netid,
        "topology": found.network.topology,
        "at": unix(found.at),
        "nodes": [_node(dot) for dot in found.dots],
        "links": [_link(line) for line in found.lines],
        "linksleftout": found.lines_left_out,
    }


def _node(dot: Dot) -> dict[str, Any]:
    return {
        "macaddress": dot.key,
        "name": dot.name,
        "address": dot.address,
        "role": dot.role,
        "state": dot.state,
        "handshakeage": _seconds(dot),
        "rxbytes": dot.rx_bytes,
        "txbytes": dot.tx_bytes,
    }


def _link(line: Line) -> dict[str, Any]:
    return {
        "a": line.a,
        "b": line.b,
        "state": line.state,
        "handshakeage": _seconds(line),
        "bytesatob": line.a_to_b,
        "bytesbtoa": line.b_to_a,
    }


def _seconds(found: Dot | Line) -> int | None:
    age = found.handshake_age
    return None if age is None else max(int(age.total_seconds()), 0)
