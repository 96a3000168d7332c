from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from users.errors import KeyNotAllowed
from users.models import ApiKey


class NotByKeyPair(BasePermission):
    """Account security is for people: a key pair may not manage passwords, tokens or keys."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.auth, ApiKey):
            raise KeyNotAllowed("Use an access token here; a key pair may not do this.")
        return True
