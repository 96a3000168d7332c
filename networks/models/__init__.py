"""The tables of this app, a file for each subject."""

from networks.models.gateway import Gateway
from networks.models.key import AccessKey
from networks.models.lease import Lease
from networks.models.network import Network
from networks.models.node import Node
from networks.models.platform import Platform

__all__ = ["AccessKey", "Gateway", "Lease", "Network", "Node", "Platform"]
