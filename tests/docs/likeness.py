"""Whether an answer is what a page shows: same keys, same types, same fixed words.

In a page `…` stands for any text, within a string or alone; as a list's last item for further
items, and as a key for further keys. Times and ids are compared by their form alone.
"""

import re

ANY = "…"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_PUBLIC_ID = re.compile(r"[A-Z]{3}_[0-9A-Z]+")
_ID_NAMES = re.compile(r"id|.*_id|port|puerto|retry_after")


def difference(shown, real, where="$"):
    """Return what differs, in words; empty if nothing does."""
    if shown == ANY:
        return ""
    if isinstance(shown, dict):
        return _of_objects(shown, real, where)
    if isinstance(shown, list):
        return _of_lists(shown, real, where)
    if type(shown) is not type(real):
        return f"{where}: shown {shown!r}, answered {real!r}"
    if isinstance(shown, str):
        same = _same_text(shown, real)
    else:
        same = shown == real or bool(_ID_NAMES.fullmatch(where.rpartition(".")[2]))
    return "" if same else f"{where}: shown {shown!r}, answered {real!r}"


def _of_objects(shown, real, where):
    if not isinstance(real, dict):
        return f"{where}: shown an object, answered {real!r}"
    names = {name for name in shown if name != ANY}
    if missing := names - real.keys():
        return f"{where}: not answered: {', '.join(sorted(missing))}"
    if ANY not in shown and (more := real.keys() - names):
        return f"{where}: answered, but not shown: {', '.join(sorted(more))}"
    return _first(difference(shown[name], real[name], f"{where}.{name}") for name in sorted(names))


def _of_lists(shown, real, where):
    if not isinstance(real, list):
        return f"{where}: shown a list, answered {real!r}"
    is_open = shown[-1:] == [ANY]
    items = shown[:-1] if is_open else shown
    if len(real) < len(items) or (len(real) > len(items) and not is_open):
        return f"{where}: shown {len(items)} items, answered {len(real)}"
    return _first(
        difference(item, other, f"{where}[{index}]")
        for index, (item, other) in enumerate(zip(items, real, strict=False))
    )


def _first(differences):
    return next((found for found in differences if found), "")


def _same_text(shown, real):
    for form in (_TIME, _PUBLIC_ID):
        if form.fullmatch(shown):
            return bool(form.fullmatch(real))
    pattern = ".*".join(re.escape(part) for part in shown.split(ANY))
    return bool(re.fullmatch(pattern, real, re.DOTALL))
