"""The tables of this app, a file for each subject."""

from networks.models.gateway import Gateway
from networks.models.hub import HubProcess
from networks.models.key import AccessKey
from networks.models.keyupdate import KeyChange, KeyUpdate
from networks.models.lease import Lease
from networks.models.link import Link
from networks.models.network import Network
from networks.models.node import Node
from networks.models.onboarding import Onboarding
from networks.models.platform import Platform

__all__ = [
    "AccessKey",
    "Gateway",
    "HubProcess",
    "KeyChange",
    "KeyUpdate",
    "Lease",
    "Link",
    "Network",
    "Node",
    "Onboarding",
    "Platform",
]
