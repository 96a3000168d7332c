"""Examples for the OpenAPI document; made-up values, and no key that would open anything."""

from drf_spectacular.utils import OpenApiExample

_EMPRESA = {
    "id": "EMP_3A9F1C0B2D",
    "nombre": "Café Central",
    "contacto_email": "central@example.com",
    "contacto_telefono": None,
    "activa": True,
    "creada_en": "2026-11-21T08:00:00Z",
}
_ROUTER = {
    "id": "RTR_A1B2C3D4",
    "empresa_id": "EMP_3A9F1C0B2D",
    "nombre": "Router Principal",
    "host": "192.168.88.1",
    "puerto": 8728,
    "ubicacion": "Lobby Piso 1",
    "activo": True,
    "creado_en": "2026-11-21T08:00:00Z",
}
_INFO = {
    "key_id": "key_a1b2c3d4e5f60718",
    "issued_at": "2026-11-21T08:00:00Z",
    "expires_at": "2027-11-21T08:00:00Z",
    "type": "router_api_key",
}


def _answer(name: str, value: object) -> OpenApiExample:
    return OpenApiExample(name, response_only=True, value=value)


EMPRESA = [
    OpenApiExample(
        "Una empresa nueva",
        request_only=True,
        value={"nombre": "Café Central", "contacto_email": "central@example.com"},
    ),
    _answer("La empresa", _EMPRESA),
]
ROUTER = [
    OpenApiExample(
        "Un router nuevo",
        request_only=True,
        value={
            "empresa_id": "EMP_…",
            "nombre": "Router Principal",
            "host": "192.168.88.1",
            "puerto": 8728,
            "usuario": "admin",
            "password": "the-router-password",
            "ubicacion": "Lobby Piso 1",
        },
    ),
    _answer("El router", _ROUTER),
]
NEW_ROUTER = [_answer("Creado", {**_ROUTER, "api_key": "jwt_…", "api_key_info": _INFO})]
TOGGLED = [
    _answer(
        "Desactivado",
        {
            "message": "Router desactivado correctamente",
            "router_id": "RTR_A1B2C3D4",
            "activo": False,
        },
    )
]
DELETED = [
    _answer(
        "Eliminado",
        {
            "message": "Router eliminado exitosamente",
            "router_id": "RTR_A1B2C3D4",
            "empresa_id": "EMP_3A9F1C0B2D",
        },
    )
]
REGENERATED = [
    _answer(
        "Regenerada",
        {
            "message": "API Key regenerada exitosamente",
            "router_id": "RTR_A1B2C3D4",
            "new_api_key": "jwt_…",
            "api_key_info": _INFO,
            "previous_key_revoked": True,
        },
    )
]
KEY = [
    _answer(
        "Una llave",
        {
            "key_id": "key_a1b2c3d4e5f60718",
            "router_id": "RTR_A1B2C3D4",
            "empresa_id": "EMP_3A9F1C0B2D",
            "issued_at": "2026-11-21T08:00:00Z",
            "expires_at": "2027-11-21T08:00:00Z",
            "revoked": False,
            "revoked_at": None,
            "last_used": "2026-11-21T09:30:00Z",
            "use_count": 5,
        },
    )
]
REVOKED = [
    _answer(
        "Revocada",
        {
            "message": "API Key revocada exitosamente",
            "key_id": "key_a1b2c3d4e5f60718",
            "router_id": "RTR_A1B2C3D4",
            "revoked_at": "2026-11-21T16:00:00Z",
        },
    )
]
KEY_STATUS = [
    _answer(
        "Expira pronto",
        {
            "router_id": "RTR_A1B2C3D4",
            "has_active_key": True,
            "key_id": "key_a1b2c3d4e5f60718",
            "issued_at": "2025-12-06T08:00:00Z",
            "expires_at": "2026-12-06T08:00:00Z",
            "expires_in_days": 15,
            "last_used": "2026-11-21T07:59:00Z",
            "use_count": 1240,
            "status": "active",
            "warning": "La API Key expira en 15 días",
            "recommendation": "Considerar regenerar la API Key pronto",
            "message": None,
        },
    )
]
