from datetime import timedelta


def in_words(time: timedelta) -> str:
    """Return `time` in days, hours and minutes, such as `1 day 12 hours`."""
    minutes = max(1, round(time.total_seconds() / 60))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    return " ".join(counted(number, unit) for number, unit in parts if number)


def counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
