"""Who shows a password: a node of a network, or a platform admin."""

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from cloudpilot.clients import client_network
from cloudpilot.limits import failures_counted
from networks import tokens
from networks.errors import WrongPassword
from networks.models import Node
from users import services as users
from users import tokens as user_tokens
from users.errors import InvalidCredentials

_REFUSED = "These credentials are not valid here."


def node_token(request: HttpRequest, netid: str, mac_address: str, password: str) -> str:
    """Return a token for an approved node of this network. Raises `WrongPassword`.

    A wrong password takes as long as a device that is not there.
    """
    with (
        failures_counted("wrong_mesh_credentials_per_address", client_network(request)),
        failures_counted("wrong_mesh_credentials_per_device", f"{netid}/{mac_address}"),
    ):
        nodes = Node.objects.select_related("network").filter(network__company__is_active=True)
        node = nodes.filter(network__netid=netid, mac_address=mac_address).first()
        if node is None or not node.password:
            make_password(password)
            raise WrongPassword(_REFUSED)
        if not node.has_password(password) or node.is_pending:
            raise WrongPassword(_REFUSED)
    return tokens.issue(node)


def admin_token(request: HttpRequest, username: str, password: str) -> str:
    """Return an access token for a platform admin. Raises `WrongPassword`."""
    try:
        user = users.check_credentials(request, username, password)
    except InvalidCredentials as exc:
        raise WrongPassword(_REFUSED) from exc
    if not user.is_superuser:
        raise WrongPassword(_REFUSED)
    return user_tokens.start_family(user).access_token
