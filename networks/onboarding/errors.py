from cloudpilot.errors import Conflict, NotAllowed


class NoRouter(Conflict):
    """Only a router holds rows; this node is a record of a device that we do not write to."""

    code = "node_has_no_router"


class ForTheNodeItself(NotAllowed):
    """Nobody else knows what a device is and holds, and nobody else may get its account."""

    code = "for_the_node_itself"
