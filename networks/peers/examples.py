"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

_CONFIG = """[Interface]
{key}
Address = 10.64.0.7/18
MTU = 1420

# netmaker
[Peer]
PublicKey = hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
AllowedIPs = 10.64.0.0/18
Endpoint = mesh.example.com:51821
PersistentKeepalive = 20
"""

CONFIG = [
    OpenApiExample(
        "A phone's, before it has its key",
        response_only=True,
        media_type="text/plain",
        value=_CONFIG.format(key="# PrivateKey = "),
    )
]
NEW_KEYS = [
    OpenApiExample(
        "A phone's, with a new key",
        response_only=True,
        value={
            "publickey": "PvAKbY4iCgWoR2gmGPd5kC4ThD2N3fc2oPxwWTzfYW8=",
            "config": _CONFIG.format(key="PrivateKey = …"),
            "qr": "<svg …>",
        },
    )
]
QR = [
    OpenApiExample(
        kind,
        response_only=True,
        media_type=media_type,
        value=f"What a QR code is drawn with in {kind}.",
    )
    for kind, media_type in (("SVG", "image/svg+xml"), ("PNG", "image/png"))
]
