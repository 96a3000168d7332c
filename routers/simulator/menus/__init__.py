"""Every menu that the simulated router has."""

from __future__ import annotations

from routers.simulator.menus import (
    firewall,
    hotspot,
    interfaces,
    ip,
    ppp,
    queues,
    system,
    users,
)
from routers.simulator.schema import Menu

MENUS: dict[str, Menu] = {
    menu.path: menu
    for module in (system, users, interfaces, ip, firewall, hotspot, ppp, queues)
    for menu in module.MENUS
}

# Every path that leads to a menu: `/ip` and `/ip/hotspot` alike.
DIRECTORIES = frozenset(
    "/".join(parts[:depth])
    for parts in (path.split("/") for path in MENUS)
    for depth in range(2, len(parts) + 1)
)
