"""Keys that nobody has set: made once, kept in STATE_DIR, refused by `check --deploy`."""

import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet


def random_key() -> str:
    return secrets.token_urlsafe(48)


def random_fernet_key() -> str:
    return Fernet.generate_key().decode()


def is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def kept_key(directory: Path, name: str, make: Callable[[], str]) -> str:
    """Return the key kept in `directory/name`; the first caller makes it, readable by its owner only.

    Several processes may start at once: the file appears whole or not at all, and whoever
    comes second reads what the first has written.
    """
    path = directory / name
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _publish(path, make())
    return path.read_text().strip()


def _publish(path: Path, value: str) -> None:
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(draft)
    except FileExistsError:
        pass  # another process was quicker, and its key counts
    finally:
        Path(draft).unlink()


def replace_file(path: Path, text: str) -> None:
    """Put `text` in place of what `path` holds, whole or not at all, readable by us alone."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)
