"""API families: a set of paths whose errors have one shape (`contract.md` names five)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloudpilot.problems import Problem


@dataclass(frozen=True)
class Family:
    """`body` and `status` give a problem this family's shape.

    `prefixes` are how the family's paths begin, `paths` those that it has of another family's.
    """

    name: str
    prefixes: tuple[str, ...]
    body: Callable[[Problem], dict[str, Any]]
    status: Callable[[Problem], int] = lambda problem: problem.status
    paths: tuple[str, ...] = ()


def _cloudpilot_body(problem: Problem) -> dict[str, Any]:
    body: dict[str, Any] = {"error": problem.sentence, "code": problem.code}
    if problem.fields is not None:
        body["fields"] = problem.fields
    return body | dict(problem.extra)


CLOUDPILOT = Family("cloudpilot", ("/",), _cloudpilot_body)

# What the page and its original say, by our code: the status where it differs, and the sentence,
# with what the error carries filled in.
_EMPRESAS_SAY: dict[str, tuple[int | None, str]] = {
    "not_authenticated": (None, "Credenciales ausentes o inválidas"),
    "not_allowed": (None, "Se requiere rol SUPER_ADMIN"),
    "not_found": (None, "No encontrado"),
    "empresa_not_found": (None, "Empresa no encontrada"),
    "router_not_found": (None, "Router no encontrado o no pertenece a la empresa"),
    "key_not_found": (None, "API Key no encontrada"),
    "company_inactive": (400, "La empresa está inactiva"),
    "empresa_mismatch": (None, "El empresa_id del cuerpo no coincide con el de la ruta"),
    "router_inactive": (400, "No se puede regenerar API key de un router inactivo"),
    "router_key_revoked": (400, "La API Key ya está revocada"),
    "router_has_packages": (
        400,
        "No se puede eliminar el router porque tiene {count} producto(s) asociado(s)",
    ),
    "method_not_allowed": (None, "Método no permitido"),
    "bad_request": (None, "No se pudo leer la solicitud"),
    "unsupported_media_type": (None, "Envíe el cuerpo como application/json"),
    "too_large": (None, "El cuerpo es demasiado grande"),
    "unavailable": (None, "CloudPilot no puede responder por un momento; inténtelo de nuevo"),
    "internal_error": (None, "Error interno del servidor"),
    "idempotency_key_invalid": (None, "Idempotency-Key inválida"),
    "idempotency_key_reused": (None, "Esta Idempotency-Key se usó con otra solicitud"),
}


def _empresas_status(problem: Problem) -> int:
    status, _ = _EMPRESAS_SAY.get(problem.code, (None, ""))
    return status or problem.status


def _empresas_body(problem: Problem) -> dict[str, Any]:
    _, sentence = _EMPRESAS_SAY.get(problem.code, (None, problem.sentence))
    if problem.extra:
        sentence = sentence.format(**problem.extra)
    return {"detail": sentence}


EMPRESAS = Family("empresas", ("/admin/empresas",), _empresas_body, _empresas_status)

# The page's own messages, by our code. All else is its "unknown error", with our words beside it.
_GATEWAY_SAYS = {
    "gateway_closed": "API is not enabled",
    "gateway_key_missing": "API Key not set or method not allowed",
    "method_not_allowed": "API Key not set or method not allowed",
    "gateway_key_wrong": "API Key is incorrect",
    "code_taken": "Username already exists",
    "username_missing": "No username set",
    "username_unknown": "Username doesn't exist",
}


def _gateway_body(problem: Problem) -> dict[str, Any]:
    message = _GATEWAY_SAYS.get(problem.code)
    if message:
        return {"message": message, "error": True}
    return {"message": "An error occurred", "error": True, "detail": problem.sentence}


def _gateway_status(problem: Problem) -> int:
    # The router said no, which is nothing that this API's caller has done.
    return 502 if problem.code == "router_refused" else problem.status


GUEST_GATEWAY = Family(
    "guest gateway", ("/gw/",), _gateway_body, _gateway_status, paths=("/api", "/api/")
)


def _mesh_body(problem: Problem) -> dict[str, Any]:
    body: dict[str, Any] = {"Code": problem.status, "Message": problem.sentence}
    return body | ({"errors": problem.fields} if problem.fields is not None else {})


MESH = Family("mesh", ("/api/", "/meshclient/"), _mesh_body)

# The first that fits decides, so the family of every other path stands last.
FAMILIES = (EMPRESAS, GUEST_GATEWAY, MESH, CLOUDPILOT)


def family_of(path: str) -> Family:
    """Return the family that answers for `path`, an unknown path included."""
    return next(f for f in FAMILIES if path in f.paths or path.startswith(f.prefixes))
