import json
import math
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser

_DEEPEST = 32


class BoundedJSONParser(JSONParser):
    """A JSON object that every later step can carry: shallow, finite, and made of real characters.

    JSON has no NaN and no infinity, and half a surrogate pair is no character: none of them
    could be written into an answer or a database.
    """

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            text = stream.read().decode()
            data = json.loads(text, parse_float=_finite, parse_constant=_refuse)
        except (ValueError, RecursionError) as exc:
            raise ParseError from exc
        if not isinstance(data, dict) or not _is_shallow(data, _DEEPEST):
            raise ParseError
        if "\\ud" in text.lower():  # only an escape can bring half a pair
            _refuse_half_pairs(data)
        return data


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _refuse(text: str) -> NoReturn:
    raise ValueError


def _refuse_half_pairs(data: dict[str, Any]) -> None:
    for name, value in data.items():
        try:
            json.dumps({name: value}, ensure_ascii=False).encode()
        except UnicodeEncodeError as exc:
            readable = name.encode(errors="replace").decode()
            raise ValidationError({readable: ["Half a surrogate pair is no character."]}) from exc


def _is_shallow(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return True
    return levels > 0 and all(_is_shallow(inner, levels - 1) for inner in value)


class UnlabelledJSONParser(BoundedJSONParser):
    """JSON, whatever its header says."""

    media_type = "*/*"


class FormOrJSONParser(FormParser):
    """A form, or JSON from a client that calls everything one, as `curl -d` and PHP do."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read()
        is_json = body.lstrip().startswith(b"{")
        parse = BoundedJSONParser().parse if is_json else super().parse
        return parse(BytesIO(body), media_type, parser_context)


# For clients that label JSON as a form or not at all; the first that fits reads the body.
UNLABELLED_PARSERS = (BoundedJSONParser, FormOrJSONParser, MultiPartParser, UnlabelledJSONParser)
