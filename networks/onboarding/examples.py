"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

_KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="

ABOUT = [
    OpenApiExample(
        "A hEX",
        value={
            "identity": "cafe-nakuru",
            "routeros": "7.16.2 (stable)",
            "board": "hEX",
            "apiport": 8728,
            "interfaces": [],
            "peers": [],
            "addresses": [{"address": "192.168.88.1/24", "interface": "bridge"}],
            "names": ["ether1", "bridge"],
        },
    )
]
REPORT = [
    OpenApiExample(
        "All is there",
        value={
            "version": "3f1c9a0e5b7d42868c1e9f0a2b3c4d5e",
            "failed": "",
            "routeros": "7.16.2 (stable)",
            "interfaces": [{"name": "nm-skynet", "comment": "cp:mesh:skynet", "publickey": _KEY}],
            "addresses": [{"address": "192.168.88.1/24", "interface": "bridge"}],
            "names": ["ether1", "bridge", "nm-skynet"],
            "peers": [
                {
                    "interface": "nm-skynet",
                    "publickey": "gN65BkIKy1eCE9pP1wdc8ROUtkHLF2PfAqYdyYBz6EA=",
                    "lasthandshake": "1m12s",
                    "endpoint": "203.0.113.9",
                    "port": "51821",
                    "rx": "18244",
                    "tx": "20112",
                }
            ],
        },
    )
]
REPORTED = [OpenApiExample("It holds all", response_only=True, value={"held": True})]
ONBOARDING = [
    OpenApiExample(
        "No handshake",
        response_only=True,
        value={
            "macaddress": "8c:90:b5:06:f1:d9",
            "network": "skynet",
            "done": False,
            "failing": "tunnel",
            "handshakeage": None,
            "routeros": "7.16.2 (stable)",
            "board": "hEX",
            "steps": [
                {"name": "joined", "done": True, "at": 1795253400, "hint": ""},
                {"name": "fetched", "done": True, "at": 1795253401, "hint": ""},
                {
                    "name": "tunnel",
                    "done": False,
                    "at": 0,
                    "hint": "No handshake: does UDP get from the router to the hub?",
                },
                {"name": "api", "done": False, "at": 0, "hint": "The tunnel is not up."},
                {"name": "managed", "done": False, "at": 0, "hint": "A pass is to come."},
            ],
            "poll": {"asked": 1795253402, "reported": 1795253402, "failed": []},
        },
    )
]
DESIRED = [
    OpenApiExample(
        "An interface",
        response_only=True,
        value={
            "version": "3f1c9a0e5b7d42868c1e9f0a2b3c4d5e",
            "left_out": [],
            "rows": [
                {
                    "menu": "/interface/wireguard",
                    "mark": "cp:mesh:skynet",
                    "first": False,
                    "attributes": {"name": "nm-skynet", "listen-port": "51821", "mtu": "1420"},
                }
            ],
        },
    )
]
