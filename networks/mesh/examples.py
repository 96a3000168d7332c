"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

_NETWORK = {
    "netid": "skynet",
    "company": "EMP_0A1B2C3D4E",
    "displayname": "my-house",
    "addressrange": "10.64.0.0/18",
    "addressrange6": "",
    "isdualstack": False,
    "islocal": False,
    "localrange": "",
    "topology": "mesh",
    "defaultinterface": "nm-skynet",
    "defaultlistenport": 51821,
    "defaultkeepalive": 20,
    "mtu": 1420,
    "dns": [],
    "checkininterval": 30,
    "allowmanualsignup": False,
    "defaultpostup": "",
    "defaultpostdown": "",
    "defaultsaveconfig": True,
    "accesskeys": [],
    "nodeslastmodified": 1795253400,
    "networklastmodified": 1795253400,
    "keyupdatetimestamp": 1795253400,
}
SHOWN = [OpenApiExample("A network", response_only=True, value=_NETWORK)]
NETWORK = [
    *SHOWN,
    OpenApiExample(
        "A network with a range that is chosen",
        request_only=True,
        value={"netid": "skynet", "addressrange": ""},
    ),
]
CHANGE = [OpenApiExample("Another name", request_only=True, value={"displayname": "my-house"})]
KEY_UPDATE = [
    OpenApiExample(
        "All nodes are asked",
        response_only=True,
        value={
            **_NETWORK,
            "keyupdate": {
                "nodes": 12,
                "unfinished": 12,
                "queued": 12,
                "running": 0,
                "done": 0,
                "failed": 0,
                "away": 0,
                "kept": 0,
            },
        },
    )
]
DELETED = [OpenApiExample("One network", response_only=True, value={"DeletedCount": 1})]
