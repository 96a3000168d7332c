"""What MkDocs does not do by itself: the API reference, and folders in the navigation."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openapi_pages
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

REFERENCE = "api-reference/"

_made: dict[str, str] = {}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    _made.clear()
    for name, text in openapi_pages.render(_openapi(_root(config))).items():
        _made[f"{REFERENCE}{name}"] = text
    folder = Path(config.docs_dir)
    on_disk = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.md"))
    config.nav = [_expanded(entry, [*on_disk, *_made]) for entry in config.nav or []]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for path, text in _made.items():
        files.append(File.generated(config, path, content=text))
    return files


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path or "mkdocs.yml").resolve().parent


def _openapi(root: Path) -> dict[str, Any]:
    """Ask the product for its OpenAPI document, in a process of its own: `serve` sees new code."""
    command = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json"]
    made = subprocess.run(  # noqa: S603 (our own command)
        command, cwd=root, capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise PluginError(f"The OpenAPI document cannot be made:\n{made.stderr}")
    document: dict[str, Any] = json.loads(made.stdout)
    return document


def _expanded(entry: Any, pages: list[str]) -> Any:
    """Put a folder's pages, the index first, in place of a nav entry like `Decisions: decisions/`."""
    if not isinstance(entry, dict):
        return entry
    ((title, target),) = entry.items()
    if not (isinstance(target, str) and target.endswith("/")):
        return entry
    found = [page for page in pages if page.startswith(target)]
    return {title: sorted(found, key=lambda page: (not page.endswith("/index.md"), page))}
