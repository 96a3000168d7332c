"""Answers to what the web server itself refuses, before Django has read it."""

import json
from dataclasses import replace
from socket import socket

from gunicorn import util

from cloudpilot.families import CLOUDPILOT
from cloudpilot.problems import ADDRESS_TOO_LONG, BAD_REQUEST, CRASH, HEADERS_TOO_LARGE

_PROBLEMS = {problem.status: problem for problem in (ADDRESS_TOO_LONG, HEADERS_TOO_LARGE, CRASH)}


def write_error(sock: socket, status: int, reason: str, sentence: str) -> None:
    """Do as gunicorn's own of that name, in JSON. No path was read, so it is no one family's."""
    problem = _PROBLEMS.get(status) or replace(BAD_REQUEST, status=status)
    body = json.dumps(CLOUDPILOT.body(problem))
    head = (
        f"HTTP/1.1 {status} {reason}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    util.write_nonblock(sock, "\r\n".join([*head, "", body]).encode())
