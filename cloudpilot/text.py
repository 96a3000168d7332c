"""Text from outside, in the form in which it can be stored."""


def storable(text: str, longest: int | None = None) -> str:
    """Return `text` without what PostgreSQL does not store, and no longer than `longest`.

    A NUL is all that is; a hostile router may well send one.
    """
    return text.replace("\0", "")[:longest]
