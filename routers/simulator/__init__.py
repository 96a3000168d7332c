"""A RouterOS that runs in this process: real sockets, the real protocol, no real router.

Stands alone on purpose: it shares no code with our client, so that neither hides the other's
mistakes.
"""

from __future__ import annotations

from routers.simulator.device import Device
from routers.simulator.errors import Refused
from routers.simulator.faults import Faults, FaultSettings
from routers.simulator.fleet import Simulator

__all__ = ["Device", "FaultSettings", "Faults", "Refused", "Simulator"]
