"""The OpenAPI document, made once a process: that takes seconds, and half a dozen files read it."""

import json

from drf_spectacular.generators import SchemaGenerator

# As clients get it. Nobody changes it.
DOCUMENT = json.loads(json.dumps(SchemaGenerator().get_schema(public=True), default=str))
