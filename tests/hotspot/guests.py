"""Guests of a simulated hotspot, and looks at it."""

from hotspot import expiry, watching
from routers.reconcile import services

ACTIVE, USERS, COOKIES = "/ip/hotspot/active", "/ip/hotspot/user", "/ip/hotspot/cookie"


def log_in(device, voucher, number=1):
    """Let a guest's device join the network and log in with the voucher; return its MAC."""
    mac = f"AA:BB:CC:00:00:{number:02X}"
    device.guests.arrive(mac, f"192.168.88.{number + 10}")
    device.guests.log_in(mac, voucher.code, voucher.password or voucher.code)
    return mac


def online(device):
    return sorted(row["user"] for row in device.rows(ACTIVE))


def users(device):
    return {row["name"]: row for row in device.rows(USERS) if "cp:" in row.get("comment", "")}


def pass_time(device, clock, seconds):
    """Let the same time pass for the server and for the router."""
    clock.advance(seconds)
    device.advance(seconds)


def work(router, now):
    """Do what a worker does every few seconds, all of it."""
    expiry.sweep(now)
    services.reconcile(router)
    watching.watch(router)
