from routers.reconcile.rows import Desired

USERS = "/ip/hotspot/user"


def guest(number, **attributes):
    """A hotspot user who is wanted."""
    fields = {"name": f"guest{number}", "password": f"00{number}", **attributes}
    return Desired(USERS, f"cp:test:{number}", fields)


def names(device):
    """Return the hotspot users of the router, those that it came with aside."""
    return sorted(row["name"] for row in device.rows(USERS) if row.get("default") != "true")
