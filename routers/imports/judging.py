"""What is to be said of each line of a list, by the rules of `POST /routers/`."""

from dataclasses import dataclass, field

from rest_framework.exceptions import ValidationError

from routers.imports.csv_file import Line
from routers.models import Router
from routers.serializers import RouterSerializer
from users.models import Company

Endpoint = tuple[str, int]


@dataclass
class Judged:
    """A line, and either the router that it describes, not saved yet, or what is wrong with it."""

    line: Line
    router: Router | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)
    twin: int | None = None  # the line before this one that has its host and port

    @property
    def endpoint(self) -> Endpoint | None:
        return (self.router.host, self.router.port) if self.router else None


class Judge:
    """Judges the lines of one list, in their order. It asks the database nothing."""

    def __init__(self, company: Company) -> None:
        self._serializer = RouterSerializer(context={"company": company})
        self._first: dict[Endpoint | None, int] = {}

    def judge(self, line: Line) -> Judged:
        if line.surplus:
            sentence = f"There are {line.surplus} values more than columns."
            return Judged(line, errors={"non_field_errors": [sentence]})
        try:
            values = self._serializer.run_validation(line.values)
        except ValidationError as exc:
            return Judged(line, errors=_as_text(exc))
        judged = Judged(line, Router(**values))
        first = self._first.setdefault(judged.endpoint, line.number)
        judged.twin = first if first != line.number else None
        return judged


def _as_text(exc: ValidationError) -> dict[str, list[str]]:
    # The fields of a router are plain, so none of the errors lies deeper.
    return {name: [str(text) for text in texts] for name, texts in exc.detail.items()}  # type: ignore[union-attr]
