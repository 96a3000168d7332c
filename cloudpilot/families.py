"""API families: a set of paths whose errors have one shape (`contract.md` names five)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloudpilot.problems import Problem


@dataclass(frozen=True)
class Family:
    """`body` gives a problem this family's shape; `prefixes` are the paths that belong to it."""

    name: str
    prefixes: tuple[str, ...]
    body: Callable[[Problem], dict[str, Any]]


def _cloudpilot_body(problem: Problem) -> dict[str, Any]:
    body: dict[str, Any] = {"error": problem.sentence, "code": problem.code}
    if problem.fields is not None:
        body["fields"] = problem.fields
    return body | dict(problem.extra)


CLOUDPILOT = Family("cloudpilot", ("/",), _cloudpilot_body)

# The longest prefix decides, so the family of every other path stands last.
FAMILIES = (CLOUDPILOT,)


def family_of(path: str) -> Family:
    """Return the family that answers for `path`, an unknown path included."""
    return next(f for f in FAMILIES if path.startswith(f.prefixes))
