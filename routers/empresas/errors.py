"""What this family alone refuses; `cloudpilot.families` has the sentences."""

from cloudpilot.errors import DomainError


class EmpresaNotFound(DomainError):
    status = 404
    code = "empresa_not_found"


class RouterNotFound(DomainError):
    status = 404
    code = "router_not_found"


class KeyNotFound(DomainError):
    status = 404
    code = "key_not_found"


class EmpresaMismatch(DomainError):
    code = "empresa_mismatch"
