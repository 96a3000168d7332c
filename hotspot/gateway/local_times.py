"""Times as this API writes them: of the router's own clock on the wall, without a zone."""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hotspot.fields import YEARS, year_out_of_range
from routers.models import Router

# The page's own pattern says `Ym:d H:i:s`, and its examples `2018-08-24 00:00:00`: both are read.
_FORMS: Final = (
    re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d))?"),
    re.compile(r"(\d{4})(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)"),
)
_NO_SUCH_TIME: Final = "Write a time as 2018-08-24 00:00:00."


def written(moment: datetime | None, router: Router) -> str | None:
    """Return `moment` as `YYYY-MM-DD HH:MM:SS` at the router, None for never."""
    if moment is None:
        return None
    return moment.astimezone(ZoneInfo(router.time_zone)).strftime("%Y-%m-%d %H:%M:%S")


def read(text: str, router: Router) -> datetime:
    """Return the moment that `text` means at the router. Raises `ValueError`."""
    found = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    if found is None:
        raise ValueError(_NO_SUCH_TIME)
    parts = [int(part or 0) for part in found.groups()]
    if parts[0] not in YEARS:
        raise ValueError(year_out_of_range())
    try:
        return datetime(*parts, tzinfo=ZoneInfo(router.time_zone))  # type: ignore[misc,arg-type]
    except ValueError as exc:  # the 30th of February
        raise ValueError(_NO_SUCH_TIME) from exc
