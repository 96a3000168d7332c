from cloudpilot.errors import Conflict, DomainError, NotAllowed, NotAuthenticated, Unavailable


class NotForNodes(NotAllowed):
    """A node's token is good for the node itself, and for reading who else is there."""

    code = "not_for_nodes"


class WrongAccessKey(NotAuthenticated):
    """No such key lets anybody into this network, whether or not there is such a network."""

    code = "access_key_wrong"


class KeyTooOld(WrongAccessKey):
    """The key lets devices in, but not this one, which says that it is a router we know."""

    code = "access_key_too_old"


class WrongPassword(DomainError):
    """The page answers 400 to whoever does not authenticate, and so do we."""

    code = "credentials_wrong"


class NoFreeAddress(Conflict):
    code = "no_free_address"


class TooManyWait(Conflict):
    """Nobody who is known let them in, and each has an address that others could have."""

    code = "too_many_wait"


class NoFreeRange(Conflict):
    """All ranges that we give networks which name none are in use."""

    code = "no_free_range"


class RangeOverlaps(Conflict):
    code = "range_overlaps"


class NetidTaken(DomainError):
    """The page's clients know a 400 here."""

    code = "netid_taken"
    field = "netid"


class DisplayNameTaken(DomainError):
    """The page's rule; ours is that each company calls its networks differently."""

    code = "display_name_taken"
    field = "displayname"


class KeyNameTaken(DomainError):
    code = "key_name_taken"
    field = "name"


class KeyValueTaken(DomainError):
    code = "key_value_taken"
    field = "value"


class NetworkHasNodes(NotAllowed):
    code = "network_has_nodes"


class DeviceTaken(Conflict):
    """Another node of the network has this MAC, address or public key, or the router this port."""

    code = "device_taken"


class AdminExists(DomainError):
    code = "admin_exists"


class MasterKeyNeeded(NotAuthenticated):
    pass


class HubAway(Unavailable):
    """Nothing runs that could bring the host into a network: the sentence says what to start."""

    code = "hub_away"


class HubExists(Conflict):
    """A network has one hub."""

    code = "hub_exists"


class NodeWaits(Conflict):
    """A pending node has no peers, and so no configuration."""

    code = "node_pending"


class KeyIsRouters(Conflict):
    """A router makes its key itself; so does the host."""

    code = "key_is_routers"


class ConfigurationTooLong(Conflict):
    """A QR code holds some 2,900 characters, which are about twenty peers."""

    code = "configuration_too_long"
