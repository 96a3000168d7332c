from cloudpilot.errors import Conflict, NotAllowed, NotAuthenticated


class InvalidCredentials(NotAuthenticated):
    """The same sentence for a wrong password, an unknown name and a disabled account."""

    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class InvalidToken(NotAuthenticated):
    code = "invalid_token"


class KeyNotAllowed(NotAllowed):
    """A key pair stands for a script: it does not manage passwords, tokens or keys."""

    code = "key_not_allowed"


class AlreadyMember(Conflict):
    code = "already_member"


class LastOwner(Conflict):
    code = "last_owner"
