"""The payment providers, in this process: real sockets and their real contracts, no real money.

Stands alone on purpose: it is built from what the providers publish, and shares no code with our
gateways, so that neither hides the other's mistakes.
"""

from __future__ import annotations

from payments.simulator.simulator import ProviderSimulator

__all__ = ["ProviderSimulator"]
