"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

_KEY = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
_NODE = {
    "macaddress": "8c:90:b5:06:f1:d9",
    "network": "skynet",
    "name": "laptop1",
    "address": "10.64.0.1",
    "address6": "",
    "localaddress": "",
    "endpoint": "198.51.100.7",
    "publickey": _KEY,
    "publickeyvalid": True,
    "listenport": 6400,
    "interface": "nm-skynet",
    "persistentkeepalive": 20,
    "mtu": 1420,
    "allowedips": "",
    "postup": "",
    "postdown": "",
    "saveconfig": True,
    "checkininterval": 30,
    "expdatetime": 33174902665,
    "lastmodified": 1795253400,
    "lastpeerupdate": 1795253400,
    "lastcheckin": 1795253400,
    "keyupdatetimestamp": 1795253400,
    "needkeyupdate": False,
    "ispending": False,
    "ishub": False,
    "tags": [],
    "router": None,
    "syncstate": "unmanaged",
    "syncerror": "",
    "onboarding": "",
    "online": True,
    "lasthandshake": 0,
    "rxbytes": 0,
    "txbytes": 0,
    "observedendpoint": "",
    "isgateway": True,
    "gatewayrange": "172.31.0.0/16",
    "isegressgateway": True,
    "egressgatewayrange": "172.31.0.0/16",
    "gatewayranges": ["172.31.0.0/16"],
    "gatewayinterface": "eth0",
    "gatewaynat": True,
}
_PEER = {
    "publickey": _KEY,
    "name": "shop2",
    "macaddress": "8c:90:b5:06:f1:da",
    "endpoint": "",
    "address": "10.64.0.2",
    "address6": "",
    "localaddress": "",
    "listenport": 51821,
    "persistentkeepalive": 20,
    "isgateway": False,
    "gatewayrange": "",
    "isegressgateway": False,
    "egressgatewayrange": "",
    "allowedips": ["10.64.0.2/32"],
}
NODE = [OpenApiExample("A node", response_only=True, value=_NODE)]
JOIN = [
    OpenApiExample(
        "A device with an access key",
        request_only=True,
        value={
            "macaddress": "8c:90:b5:06:f1:d9",
            "publickey": _KEY,
            "endpoint": "198.51.100.7",
            "localaddress": "",
            "listenport": 6400,
            "password": "reallysecret",
            "accesskey": "aA3bVG0rnItIRXDx",
        },
    )
]
CHANGE = [OpenApiExample("Another name", request_only=True, value={"name": "laptop1"})]
GATEWAY = [
    OpenApiExample(
        "A network behind it",
        request_only=True,
        value={"rangestring": "172.31.0.0/16", "interface": "eth0"},
    )
]
CHECK_IN = [
    OpenApiExample(
        "Another node is new",
        response_only=True,
        value={
            **_NODE,
            "success": True,
            "needconfigupdate": False,
            "needpeerupdate": True,
            "needdelete": False,
            "nodemessage": "",
            "peers": [_PEER],
        },
    )
]
DELETED = [
    OpenApiExample(
        "Deleted",
        response_only=True,
        value={"Code": 200, "Message": "8c:90:b5:06:f1:d9 deleted.", "Response": None},
    )
]
AUTHENTICATE = [
    OpenApiExample(
        "A node",
        request_only=True,
        value={"macaddress": "8c:90:b5:06:f1:d9", "password": "reallysecret"},
    ),
    OpenApiExample(
        "A platform admin",
        request_only=True,
        value={"username": "smartguy", "password": "noonewillguessthis"},
    ),
]
AUTHENTICATE_ADMIN = [
    OpenApiExample(
        "An admin",
        request_only=True,
        value={"username": "smartguy", "password": "noonewillguessthis"},
    )
]
AUTHENTICATED = [
    OpenApiExample(
        "A token",
        response_only=True,
        value={
            "Code": 200,
            "Message": "Device 8c:90:b5:06:f1:d9 Authorized",
            "Response": {"MacAddress": "8c:90:b5:06:f1:d9", "AuthToken": "…"},
        },
    )
]
