import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_MENU = re.compile(r"/|(?:/[a-z0-9][a-z0-9-]*)+")
_VERB = re.compile(r"[a-z0-9][a-z0-9-]*")
# A leading "!" unsets; a leading "." is RouterOS's own (".id"). No "=": it ends the name.
_NAME = re.compile(r"[.!]?[A-Za-z0-9][A-Za-z0-9._-]*")
# These steer the protocol, over the API or in a REST body, and are no attribute of any row.
_RESERVED = frozenset({".tag", ".query", ".proplist"})
# RouterOS is reported to take no word above 64 KiB; far above that it can only be a mistake.
_LONGEST_WORD = 1 << 20
_READS = frozenset({"print", "getall", "get", "find"})


@dataclass(frozen=True, repr=False)
class Command:
    """One RouterOS command, checked so that no value can become a word of its own.

    Values are sent as they are: `yes`, `00123` and the empty string mean what RouterOS takes them
    for. `queries` are the API's query words without their `?`, in stack order. Raises `ValueError`
    for what could not be a command.
    """

    menu: str
    verb: str
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    queries: tuple[str, ...] = ()
    proplist: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", dict(self.attributes))
        object.__setattr__(self, "queries", tuple(self.queries))
        object.__setattr__(self, "proplist", tuple(self.proplist))
        if not _MENU.fullmatch(self.menu) or not _VERB.fullmatch(self.verb):
            raise ValueError(f"{self.menu!r} {self.verb!r} is no RouterOS command.")
        for name in (*self.attributes, *self.proplist):
            if not _NAME.fullmatch(name) or name in _RESERVED:
                raise ValueError(f"{name!r} is no RouterOS attribute.")
        for word in (*self.attributes.values(), *self.queries):
            _check_word(word)
        if "" in self.queries:
            raise ValueError("A query word is never empty.")

    def __repr__(self) -> str:
        # Values may be passwords, and what has a repr ends up in a log.
        return f"<Command {self.path} {' '.join(self.attributes)}>"

    @property
    def path(self) -> str:
        return f"{self.menu.rstrip('/')}/{self.verb}"

    @property
    def reads(self) -> bool:
        """Whether the command changes nothing, so that to send it twice does no harm."""
        return self.verb in _READS


@dataclass(frozen=True)
class Reply:
    """The whole answer: its rows with each value as the raw string of the wire, and its `ret`.

    An unset field is absent from its row. `ret` is the new row's id after `add`, the number after
    `count-only`.
    """

    rows: list[dict[str, str]] = field(default_factory=list)
    ret: str | None = None


def _check_word(word: str) -> None:
    if not isinstance(word, str):
        raise TypeError(f"RouterOS takes strings, not {type(word).__name__}.")
    try:
        size = len(word.encode())
    except UnicodeEncodeError as error:
        raise ValueError("A word is text that UTF-8 can carry.") from error
    if size > _LONGEST_WORD:
        raise ValueError(f"A word of {size} bytes is longer than RouterOS takes.")
