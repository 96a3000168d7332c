from datetime import timedelta

from routers.reconcile.changes import command_of
from routers.reconcile.plan import make_plan
from routers.reconcile.rows import Desired

USERS = "/ip/hotspot/user"


def test_a_row_that_is_missing_is_added_with_its_mark():
    user = Desired(USERS, "cp:voucher:1", {"name": "00123", "limit-uptime": timedelta(hours=26)})

    plan = make_plan([user], {USERS: []})

    (change,) = plan.changes
    assert command_of(change).path == "/ip/hotspot/user/add"
    assert command_of(change).attributes == {
        "comment": "cp:voucher:1",
        "name": "00123",
        "limit-uptime": "1d2h",
    }


def test_what_is_spelled_otherwise_but_means_the_same_is_left_alone():
    user = Desired(USERS, "cp:voucher:1", {"name": "a", "limit-uptime": timedelta(hours=1)})
    row = {".id": "*1", "comment": "cp:voucher:1", "name": "a", "limit-uptime": "01:00:00"}

    assert make_plan([user], {USERS: [row]}).is_clean
