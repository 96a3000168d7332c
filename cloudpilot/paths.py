from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern

_MOST = 1024  # paths are remembered


class Paths(URLResolver):
    """Paths that answer with and without their trailing slash, for every method, unredirected.

    Where a path leads is found out once and remembered: Django would try one pattern after the
    other for each request, which takes longer than many a view.
    """

    def __init__(self, patterns: Sequence[URLPattern | URLResolver]) -> None:
        super().__init__(RoutePattern(""), patterns)
        self._known = lru_cache(_MOST)(self._look_up)

    def resolve(self, path: Any) -> ResolverMatch:
        return self._known(str(path))

    def _look_up(self, path: str) -> ResolverMatch:
        try:
            return super().resolve(path)
        except Resolver404:
            other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
            return super().resolve(other)
