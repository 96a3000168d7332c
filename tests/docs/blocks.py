"""The fenced blocks of a documentation page, with what stands before each.

A comment on the line before a block says how to treat it:

    <!-- not run: why -->        left out, and listed by the test run
    <!-- runs on -->             started, left running, and ended with the page
"""

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"(?:^[ ]*<!--\s*(?P<note>[^>]*?)\s*-->\s*\n)?"
    r"^(?P<indent>[ ]*)```(?P<language>\w*)(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]*)"')


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    body: str
    title: str = ""
    note: str = ""

    @property
    def reason_not_run(self) -> str:
        return self.note.removeprefix("not run:").strip() if self.note.startswith("not run") else ""

    @property
    def runs_on(self) -> bool:
        return self.note == "runs on"

    @property
    def status(self) -> str:
        """The HTTP status that the title promises: `title="404 Not Found"`."""
        return self.title[:3] if self.title[:3].isdigit() else ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    text = path.read_text()
    return [
        Block(
            page=path.name,
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            body=_dedented(found["body"], found["indent"]),
            title=_title(found["info"]),
            note=found["note"] or "",
        )
        for found in _BLOCK.finditer(text)
    ]


def _dedented(body: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))


def _title(info: str) -> str:
    found = _TITLE.search(info)
    return found[1] if found else ""
