"""The part of a key change that this host does itself: `run_hub` makes the key, and takes it up."""

import secrets

from cloudpilot.jobs import clock
from networks.keyupdate.device import NotReady, Prepared
from networks.models import HubProcess, KeyChange


class NotYet(Exception):
    """The host has not made its key so far."""


def made_spare(change: KeyChange) -> Prepared:
    """Return what the host has made ready for its turn. Raises `NotYet`, `NotReady`."""
    process = HubProcess.objects.first()
    if process is None or process.problem or not process.is_alive(clock.now()):
        raise NotReady("`run_hub` is not there to change the host's key.")
    if not change.new_key:
        raise NotYet
    return Prepared(secrets.token_hex(4), change.old_key, change.new_key)
