import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudpilot.settings")


class Application(WSGIHandler):
    """Django's, spared the content types that it trips over before any middleware runs."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        environ["CONTENT_TYPE"] = readable(environ.get("CONTENT_TYPE", ""))
        return super().__call__(environ, start_response)


def readable(content_type: str) -> str:
    """Return the content type without its charset: every text that we read is UTF-8.

    Among the charsets that a caller may name are `rot13` and `zlib`, which Python knows but which
    are no text. What cannot be parsed at all becomes a type that nothing here reads.
    """
    try:
        kind, parameters = parse_header_parameters(content_type)
    except ValueError:
        return "application/octet-stream"
    if "charset" not in parameters:
        return content_type
    kept = (f'; {name}="{value}"' for name, value in parameters.items() if name != "charset")
    return "".join([kind, *kept])


django.setup(set_prefix=False)
application = Application()
