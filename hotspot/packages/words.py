"""A package in words, as lists and portals show it."""

from hotspot.models.package import HOURS_A_MONTH, Package

_MBPS_A_GBPS = 1000


def duration(package: Package) -> str:
    """Return `1 hour`, or whole months for a monthly package that lasts some."""
    months, hours = divmod(package.duration_hours, HOURS_A_MONTH)
    if package.package_type == Package.Kind.MONTHLY and not hours:
        return _counted(months, "month")
    return _counted(package.duration_hours, "hour")


def speed(mbps: int) -> str:
    """Return `5 Mbps`, or `1.5 Gbps` from a thousand on."""
    return f"{mbps} Mbps" if mbps < _MBPS_A_GBPS else f"{mbps / _MBPS_A_GBPS:g} Gbps"


def both_speeds(package: Package) -> str:
    return f"{speed(package.download_speed_mbps)} down, {speed(package.upload_speed_mbps)} up"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
