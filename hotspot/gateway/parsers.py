"""Bodies as this API's clients send them: JSON mostly, and not always labelled as such."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from rest_framework.parsers import FormParser, MultiPartParser

from cloudpilot.parsers import BoundedJSONParser


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


# The first that fits reads the body.
PARSERS = (BoundedJSONParser, FormOrJSONParser, MultiPartParser, UnlabelledJSONParser)
