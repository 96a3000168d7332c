from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from users.errors import KeyNotAllowed
from users.models import ApiKey, TokenFamily


class NotByKeyPair(BasePermission):
    """Account security is for people: a key pair may not manage passwords, tokens or keys.

    Nor may a token that a key pair logged in for, or a stolen pair could outlive its revocation.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        auth = request.auth
        if isinstance(auth, ApiKey) or (isinstance(auth, TokenFamily) and auth.api_key_id):
            raise KeyNotAllowed("Use an access token here; a key pair may not do this.")
        return True
