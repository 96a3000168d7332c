"""Read a command as people write it: as the API does, as REST does, as the console does.

    /ip/address/add     =address=10.0.0.1/24 =interface=ether1      API
    ip/address          with method PUT and data                    REST
    /ip address add address=10.0.0.1/24 interface=ether1            console

All three become one `routeros.Command`. Scripting (`[find …]`, `$x`, `;`) is not read: a command
is one command.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from routers.errors import CommandInvalid
from routers.routeros import Command

# Words that act. Of a path that ends in none of them, the HTTP method says what to do.
_VERBS = frozenset([
    "activate-user-profile", "add", "add-batch-users", "add-scep", "apply-changes",
    "bandwidth-test", "blink", "cable-test", "cancel", "check-for-updates", "check-status",
    "clear", "close-session", "comment", "create-certificate-request", "disable", "downgrade",
    "download", "edit", "enable", "enable-ssl-certificate", "execute", "expire-password",
    "export", "export-certificate", "fetch", "find", "flood-ping", "flush", "force-update",
    "frequency-monitor", "generate-new-id", "generate-report", "generate-voucher", "get",
    "getall", "import", "import-certificate", "install", "ip-scan", "issued-revoke", "listen",
    "load", "login", "logout", "mac-scan", "mac-telnet", "make-binding", "make-static",
    "migrate-legacy-db", "monitor", "monitor-traffic", "move", "optimize-db", "ping", "print",
    "quit", "read", "reboot", "recursive-print", "regenerate-host-key", "release", "remove",
    "renew", "reset", "reset-configuration", "reset-counters", "reset-counters-all",
    "reset-html", "reset-mac-address", "run", "save", "scan", "scep-renew", "send-reconfigure",
    "set", "show-client-config", "shutdown", "sign", "snooper", "spectral-scan", "speed-test",
    "torch", "traceroute", "uninstall", "unschedule", "unset", "wg-export", "wg-import", "wol",
])  # fmt: skip
# Words that act in one menu only; elsewhere they are a menu, such as /ip/hotspot/user/profile.
_VERBS_AT = frozenset(
    ["/ip/route/check", "/log/debug", "/log/error", "/log/info", "/log/warning", "/password",
     "/system/routerboard/upgrade", "/system/ssh", "/system/telnet", "/tool/profile",
     "/tool/sniffer/quick", "/tool/sniffer/start", "/tool/sniffer/stop"]
)  # fmt: skip
_BY_METHOD = {"GET": "print", "PUT": "add", "PATCH": "set", "DELETE": "remove"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# What the bare words after a verb of the console stand for, one after the other.
_ROW = (".id",)
_BARE_WORDS = {
    **dict.fromkeys(
        ["remove", "enable", "disable", "set", "comment", "reset-counters", "run", "make-static",
         "make-binding", "check-status", "release", "renew"], _ROW),
    "get": (".id", "value-name"),
    "move": ("numbers", "destination"),
    "unset": (".id", "value-name"),
    "monitor": ("numbers",),
    "monitor-traffic": ("interface",),
    "ping": ("address",),
    "traceroute": ("address",),
}  # fmt: skip
_FLAGS = frozenset({"once"})
# Console words that only say how a terminal shows the answer.
_DISPLAY_ONLY = frozenset({"without-paging", "terse", "brief", "as-value"})

_SEGMENT = re.compile(r"[a-z0-9][a-z0-9-]*")
_ID = re.compile(r"\*[0-9A-Fa-f]+")
_TOKEN = re.compile(r'\s*((?:"(?:[^"\\]|\\.)*"|[^\s"])+)')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_SCRIPTING = re.compile(r"[\[\]{}();$`\\#%|&]")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "_": " ", '"': '"', "\\": "\\", "$": "$", "?": "?"}
_CONDITION = re.compile(r"[A-Za-z0-9.-]+")
_LONGEST = 4000


@dataclass
class _Draft:
    """A command while it is being read."""

    path: list[str] = field(default_factory=list)
    verb: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    proplist: list[str] = field(default_factory=list)
    row: str = ""
    in_where: bool = False

    def take(self, name: str, value: Any) -> None:
        """Take one attribute, or what steers a print."""
        if name in {".proplist", "proplist"}:
            self.proplist += _list(name, value)
        elif name == ".query":
            self.queries += [word.removeprefix("?") for word in _list(name, value)]
        else:
            self.attributes[name] = _text(name, value)


def parse_command(
    text: str,
    *,
    method: str = "GET",
    params: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Command:
    """Return the one command that text, method, params and data amount to.

    Raises `CommandInvalid`, with a sentence that says what to write instead.
    """
    draft = _read(text)
    if not draft.verb:
        _decide_verb(draft, method)
    _take_params(draft, params or {})
    for name, value in (data or {}).items():
        draft.take(name, value)
    _place_row(draft)
    try:
        return Command(
            menu="/" + "/".join(draft.path),
            verb=draft.verb,
            attributes=draft.attributes,
            queries=tuple(draft.queries),
            proplist=tuple(draft.proplist),
        )
    except (ValueError, TypeError) as exc:
        raise CommandInvalid("This is not a RouterOS command, or an argument of none.") from exc


def _read(text: str) -> _Draft:
    if len(text) > _LONGEST:
        raise CommandInvalid("The command is too long; send arguments in data.")
    if not text.isprintable():
        raise CommandInvalid("A command is one line of printable characters.")
    draft = _Draft()
    for token in _tokens(text):
        _read_token(draft, token)
    if not draft.path and not draft.verb:
        raise CommandInvalid("Command is required")
    return draft


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise CommandInvalid("A quotation mark is not closed.")
        tokens.append(found[1])
        at = found.end()
    return tokens


def _read_token(draft: _Draft, token: str) -> None:
    bare = _QUOTED.sub("", token)
    if _SCRIPTING.search(bare):
        raise CommandInvalid("Scripting is not read here: send one command with plain values.")
    if token.startswith("?"):
        draft.queries.append(_unquoted(token[1:]))
    elif token.startswith("=") or "=" in bare:
        name, _, value = token.removeprefix("=").partition("=")
        _read_pair(draft, name, _unquoted(value))
    elif not draft.verb:
        _read_path(draft, token)
    else:
        _read_word(draft, _unquoted(token))


def _read_pair(draft: _Draft, name: str, value: str) -> None:
    if not draft.in_where:
        draft.take(name, value)
    elif _CONDITION.fullmatch(name):
        draft.queries.append(f"{name}={value}")
    else:  # such as `!=` and `>=`, which would be sent as another word and match nothing
        raise CommandInvalid("Write conditions as where name=value.")


def _read_path(draft: _Draft, token: str) -> None:
    for segment in token.removeprefix("/").removesuffix("/").split("/"):
        word = segment.lower()
        if draft.verb or draft.row:
            raise CommandInvalid(f"Nothing may follow {draft.verb or draft.row} in a path.")
        if _ID.fullmatch(segment):
            draft.row = segment.upper()
        elif not _SEGMENT.fullmatch(word):
            raise CommandInvalid("A path is made of words, such as /ip/address/print.")
        elif word in _VERBS or "/".join(["", *draft.path, word]) in _VERBS_AT:
            draft.verb = word
        else:
            draft.path.append(word)


def _read_word(draft: _Draft, word: str) -> None:
    """Read a bare word after the verb: what it acts on, a condition, or a flag."""
    if draft.in_where:
        raise CommandInvalid("Write conditions as where name=value.")
    if word == "where":
        draft.in_where = True
        return
    if word in _DISPLAY_ONLY:
        return
    names = () if word in _FLAGS else _BARE_WORDS.get(draft.verb, ())
    name = next((name for name in names if name not in draft.attributes), word)
    if name in {".id", "numbers"} and word.isdigit():
        raise CommandInvalid("Row numbers mean nothing here; name the row by its .id.")
    draft.attributes[name] = "" if name == word else word


def _decide_verb(draft: _Draft, method: str) -> None:
    if method == "POST":
        if not draft.path or draft.row:
            raise CommandInvalid("With POST, the path ends in the command to run.")
        draft.verb = draft.path.pop()
    else:
        draft.verb = _BY_METHOD[method]


def _take_params(draft: _Draft, params: Mapping[str, Any]) -> None:
    for name, value in params.items():
        name = name.removeprefix("?")
        if draft.verb in {"print", "getall"} and not name.startswith(".") and name != "proplist":
            draft.queries.append(f"{name}={_text(name, value)}")
        else:
            draft.take(name, value)


def _place_row(draft: _Draft) -> None:
    """Let the id that stood in the path say which row is meant."""
    if draft.row and draft.verb in {"print", "getall"}:
        draft.queries.append(f".id={draft.row}")
    elif draft.row:
        draft.attributes.setdefault(".id", draft.row)


def _unquoted(text: str) -> str:
    return _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", _unescaped, quoted[1]), text)


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1] not in _ESCAPES:
        raise CommandInvalid("Write the character itself, not its code after a backslash.")
    return _ESCAPES[escape[1]]


def _list(name: str, value: Any) -> list[str]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list):
        raise CommandInvalid(f"{name} takes a list of words.")
    return [_text(name, item) for item in items if item != ""]


def _text(name: str, value: Any) -> str:
    """Return a JSON value as RouterOS writes it; null clears."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) or (isinstance(value, str) and "\0" not in value):
        return str(value)
    raise CommandInvalid(f"{name} takes a plain value.")
