"""RouterOS's script language, as far as reverts, onboarding and imports go."""

from __future__ import annotations

from routers.simulator.scripting.interpreter import Run

__all__ = ["Run"]
