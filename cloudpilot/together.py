from collections.abc import Callable, Sequence
from functools import wraps
from threading import Lock
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def together(
    *, apart: tuple[type[Exception], ...] = ()
) -> Callable[[Callable[[Sequence[Item]], Sequence[Answer]]], Callable[[Item], Answer]]:
    """Make a function that does many things at once one that does its caller's one thing.

    While one thread is at it others gather, and the first of these then does what all of them have
    brought. So one statement serves as many as came while another ran, and nobody waits for
    company. Each hears that its thing is done when it is. Callers are in no transaction: that of
    the one who does it would not be theirs.

    Errors of the kinds `apart` may be one thing's own fault. The function has then done none of
    them, and is called again for each alone; of any other error all hear.
    """

    def decorate(act: Callable[[Sequence[Item]], Sequence[Answer]]) -> Callable[[Item], Answer]:
        gathering = Gathering(act, apart)
        return wraps(act)(lambda item: gathering.join(item))

    return decorate


class _Place(Generic[Item]):
    """One caller's thing, and what became of it."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.is_done = False
        self.answer: Any = None
        self.error: BaseException | None = None
        self.call = Lock()  # free once it is done, or once it is this caller's turn to do all
        self.call.acquire()


class Gathering(Generic[Item, Answer]):
    def __init__(
        self,
        act: Callable[[Sequence[Item]], Sequence[Answer]],
        apart: tuple[type[Exception], ...],
    ) -> None:
        self._act = act
        self._apart = apart
        self._lock = Lock()
        self._waiting: list[_Place[Item]] = []
        self._is_busy = False

    def join(self, item: Item) -> Answer:
        place = _Place(item)
        with self._lock:
            self._waiting.append(place)
            must_wait, self._is_busy = self._is_busy, True
        if must_wait:
            place.call.acquire()
        if not place.is_done:
            self._do_all()
        if place.error is not None:
            raise place.error
        answer: Answer = place.answer
        return answer

    def _do_all(self) -> None:
        with self._lock:
            places, self._waiting = self._waiting, []
        self._do(places)
        with self._lock:
            self._is_busy = bool(self._waiting)
            if self._waiting:
                self._waiting[0].call.release()
        for place in places:
            place.is_done = True
            place.call.release()

    def _do(self, places: list[_Place[Item]]) -> None:
        try:
            answers = self._act([place.item for place in places])
        except BaseException as exc:  # noqa: BLE001 - each caller raises it
            if len(places) > 1 and isinstance(exc, self._apart):
                for place in places:
                    self._do([place])
            else:
                for place in places:
                    place.error = exc
        else:
            for place, answer in zip(places, answers, strict=True):
                place.answer = answer
