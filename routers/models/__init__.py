"""The tables of this app, a file for each subject."""

from routers.models.commands import CommandBatch, CommandLog, CommandResult
from routers.models.fleet import RouterEvent, RouterSample, RouterStatus
from routers.models.imports import RouterImport, RouterImportRow
from routers.models.keys import RouterKey
from routers.models.reconciliation import Reconciliation, WrittenSecret
from routers.models.router import DEFAULT_PORTS, Router, uses

__all__ = [
    "DEFAULT_PORTS",
    "CommandBatch",
    "CommandLog",
    "CommandResult",
    "Reconciliation",
    "Router",
    "RouterEvent",
    "RouterImport",
    "RouterImportRow",
    "RouterKey",
    "RouterSample",
    "RouterStatus",
    "WrittenSecret",
    "uses",
]
