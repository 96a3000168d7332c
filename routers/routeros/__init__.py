"""Speak RouterOS: one pooled connection per router, raw strings, and an end to every wait."""

from routers.routeros import errors
from routers.routeros.command import Command, Reply
from routers.routeros.deadline import Deadline
from routers.routeros.endpoint import Endpoint, Transport
from routers.routeros.pool import Pool
from routers.routeros.session import Session

__all__ = ["Command", "Deadline", "Endpoint", "Pool", "Reply", "Session", "Transport", "errors"]
