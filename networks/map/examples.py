"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

MAP = [
    OpenApiExample(
        "A hub and a café",
        response_only=True,
        value={
            "netid": "skynet",
            "topology": "hub",
            "at": 1795253400,
            "nodes": [
                {
                    "macaddress": "02:63:6c:6f:75:64",
                    "name": "netmaker",
                    "address": "10.70.0.1",
                    "role": "hub",
                    "state": "up",
                    "handshakeage": 41,
                    "rxbytes": 18244,
                    "txbytes": 20112,
                },
                {
                    "macaddress": "8c:90:b5:06:f1:d9",
                    "name": "cafe",
                    "address": "10.70.0.2",
                    "role": "node",
                    "state": "up",
                    "handshakeage": 41,
                    "rxbytes": 20112,
                    "txbytes": 18244,
                },
            ],
            "links": [
                {
                    "a": "02:63:6c:6f:75:64",
                    "b": "8c:90:b5:06:f1:d9",
                    "state": "up",
                    "handshakeage": 41,
                    "bytesatob": 20112,
                    "bytesbtoa": 18244,
                }
            ],
            "linksleftout": 0,
        },
    )
]
