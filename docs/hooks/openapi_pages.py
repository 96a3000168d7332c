"""An OpenAPI document as pages for people: an index of every endpoint, and a page for each tag."""

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_VERBS = ("get", "post", "put", "patch", "delete")
_SCHEMES = {
    frozenset({"accessToken"}): "access token",
    frozenset({"publicKey", "privateKey"}): "key pair",
}
REQUEST = "Request"
_INTRO = """\
# API reference

Made from the OpenAPI document at `/openapi.json` when this site is built, so it lists what the
code answers. Try the endpoints in Swagger UI at `/swagger/`.

- The base URL is where you run CloudPilot: `http://localhost:8000` after `make run`.
- Every path answers with and without its last slash.
- Bodies are JSON. Forms (`application/x-www-form-urlencoded`, `multipart/form-data`) are read too.
- [Authentication](../authentication.md) shows how to send a credential, and
  [Router API](../router-api.md) what the router endpoints do.
"""


def render(document: Json) -> dict[str, str]:
    """Return the pages by file name: `index.md`, and `<tag>.md` for each tag."""
    writer = _Writer(document)
    tags: dict[str, list[tuple[str, str, Json]]] = {}
    for path, verb, operation in operations(document):
        tag = (operation.get("tags") or ["other"])[0]
        tags.setdefault(tag, []).append((path, verb, operation))
    pages = {f"{tag}.md": writer.page(tag, found) for tag, found in tags.items()}
    return {"index.md": writer.index(tags), **pages}


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for verb in _VERBS:
            if verb in item:
                yield path, verb, item[verb]


class _Writer:
    def __init__(self, document: Json) -> None:
        self._document = document

    def index(self, tags: dict[str, list[tuple[str, str, Json]]]) -> str:
        parts = [_INTRO]
        for tag, found in tags.items():
            rows = [
                [f"[`{verb.upper()} {path}`]({tag}.md#{_anchor(operation)})", _summary(operation)]
                for path, verb, operation in found
            ]
            parts += [f"## {_title(tag)}", _table(["Endpoint", "What it does"], rows)]
        return "\n\n".join(parts) + "\n"

    def page(self, tag: str, found: list[tuple[str, str, Json]]) -> str:
        parts = [f"# {_title(tag)}"]
        for path, verb, operation in found:
            parts += self._operation(path, verb, operation)
        return "\n\n".join(parts) + "\n"

    def _operation(self, path: str, verb: str, operation: Json) -> Iterator[str]:
        yield f"## `{verb.upper()} {path}` {{ #{_anchor(operation)} }}"
        if text := operation.get("description"):
            yield text
        yield f"**Credential:** {_credential(operation)}"
        yield from self._parameters(operation.get("parameters", []))
        if body := operation.get("requestBody"):
            yield from self._content(REQUEST, body.get("content", {}))
        yield from self._answers(operation["responses"])

    def _parameters(self, parameters: list[Json]) -> Iterator[str]:
        if parameters:
            yield "**Parameters**"
            yield _table(
                ["Name", "In", "Type", "Required", "Meaning"],
                [
                    [
                        f"`{parameter['name']}`",
                        parameter["in"],
                        self._kind(parameter.get("schema", {})),
                        _yes(parameter.get("required", False)),
                        parameter.get("description", ""),
                    ]
                    for parameter in parameters
                ],
            )

    def _content(self, title: str, content: Json) -> Iterator[str]:
        shown = content.get("application/json")
        if shown is None:
            return
        yield f"**{title}**"
        schema = self._resolved(shown.get("schema", {}))
        if schema.get("type") == "array":
            yield "A list of:"
            schema = self._resolved(schema["items"])
        if rows := list(self._fields(schema)):
            if title == REQUEST:
                yield _table(["Field", "Type", "Required", "Meaning"], rows)
            else:  # there every field is
                yield _table(
                    ["Field", "Type", "Meaning"], [[row[0], row[1], row[3]] for row in rows]
                )
        yield from _examples(shown)

    def _answers(self, responses: Json) -> Iterator[str]:
        for status, answer in responses.items():
            if status < "400":
                yield from self._content(f"Answer {status}", answer.get("content", {}))
        errors = [
            [status, answer.get("description", ""), f"`{_code(answer)}`"]
            for status, answer in responses.items()
            if status >= "400"
        ]
        if errors:
            yield "**Errors**"
            yield _table(["Status", "When", "A `code` it may carry"], errors)

    def _fields(self, schema: Json, prefix: str = "", depth: int = 0) -> Iterator[list[str]]:
        required = schema.get("required", [])
        for name, field in schema.get("properties", {}).items():
            inner = self._resolved(field)
            meaning = field.get("description") or inner.get("description", "")
            yield [
                f"`{prefix}{name}`",
                self._kind(field),
                _yes(name in required),
                _joined(meaning, _bounds(inner)),
            ]
            items = self._resolved(inner["items"]) if inner.get("type") == "array" else inner
            if depth < 3 and items.get("properties"):
                mark = "[]." if inner.get("type") == "array" else "."
                yield from self._fields(items, f"{prefix}{name}{mark}", depth + 1)

    def _kind(self, schema: Json) -> str:
        nullable = schema.get("nullable") or {"type": "null"} in schema.get("oneOf", [])
        resolved = self._resolved(schema)
        kind = resolved.get("type", "any")
        if isinstance(kind, list):
            nullable = nullable or "null" in kind
            kind = next(name for name in kind if name != "null")
        if kind == "array":
            kind = f"list of {self._kind(resolved['items'])}"
        if form := resolved.get("format"):
            kind = f"{kind} ({form})"
        return f"{kind} or null" if nullable else str(kind)

    def _resolved(self, schema: Json) -> Json:
        """Follow references, and the one-item `allOf` and `oneOf` that stand around them."""
        if reference := schema.get("$ref"):
            return self._resolved(self._named(reference))
        for wrapper in ("allOf", "oneOf", "anyOf"):
            for inner in schema.get(wrapper, ()):
                resolved = self._resolved(inner)
                if resolved.get("type") != "null" and resolved.get("enum") not in ([""], [None]):
                    return {**schema, **resolved, "oneOf": []}
        return schema

    def _named(self, reference: str) -> Json:
        found = self._document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found


def _examples(shown: Json) -> Iterator[str]:
    given = [("", {"value": shown["example"]})] if "example" in shown else []
    for name, example in [*given, *shown.get("examples", {}).items()]:
        title = example.get("summary") or name
        text = json.dumps(example["value"], indent=2, ensure_ascii=False)
        yield f'```json title="{title}"\n{text}\n```' if title else f"```json\n{text}\n```"


def _credential(operation: Json) -> str:
    allowed = [
        _SCHEMES.get(frozenset(requirement), " and ".join(requirement))
        for requirement in operation.get("security", [])
        if requirement
    ]
    return ", or ".join(allowed) if allowed else "none"


def _bounds(schema: Json) -> str:
    facts = []
    if values := [value for value in schema.get("enum", []) if value not in ("", None)]:
        facts.append("one of " + ", ".join(f"`{value}`" for value in values))
    if "minimum" in schema and "maximum" in schema:
        facts.append(f"{schema['minimum']} to {schema['maximum']}")
    if "maxLength" in schema:
        facts.append(f"at most {schema['maxLength']} characters")
    if schema.get("default") not in (None, "", {}):
        facts.append(f"default `{json.dumps(schema['default'])}`")
    return "; ".join(facts)


def _code(answer: Json) -> str:
    shown = answer.get("content", {}).get("application/json", {})
    examples = [shown.get("example", {})]
    examples += [example["value"] for example in shown.get("examples", {}).values()]
    codes = [str(example["code"]) for example in examples if "code" in example]
    return "`, `".join(dict.fromkeys(codes)) or "-"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _joined(*parts: str) -> str:
    return "; ".join(part.rstrip(".") for part in parts if part)


def _summary(operation: Json) -> str:
    text = operation.get("summary") or operation.get("description") or ""
    return str(text).split("\n\n")[0]


def _title(tag: str) -> str:
    return f"/{tag}/"


def _anchor(operation: Json) -> str:
    return str(operation["operationId"])


def _yes(flag: bool) -> str:
    return "yes" if flag else ""
