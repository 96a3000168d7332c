from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the caller's address as our own nearest proxy saw it, or else the socket's.

    Only the last `TRUSTED_PROXIES` entries of X-Forwarded-For were written by us; whatever
    stands left of them is the caller's own claim.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    trusted: int = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted and hops[-trusted]:
        return hops[-trusted]
    return direct
