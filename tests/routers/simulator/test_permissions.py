import pytest

from tests.routers.simulator.wire import Wire

DENIED = [["!trap", "=message=not enough permissions (9)"], ["!done"]]


@pytest.fixture
def as_member(device):
    """Log in as a member of a new group that holds exactly these policies."""
    wires = []

    def log_in(*policies):
        device.add("/user/group", {"name": "some", "policy": ",".join(policies)})
        device.add("/user", {"name": "ana", "password": "x", "group": "some"})
        wires.append(Wire(device.port("api"), login=("ana", "x")))
        return wires[-1]

    yield log_in
    for wire in wires:
        wire.close()


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        (["read"], ["/ip/hotspot/user/add", "=name=bob"]),
        (["write"], ["/ip/hotspot/user/print"]),
        (["read", "write"], ["/ping", "=address=10.0.0.1", "=count=1"]),
        (["read", "write"], ["/user/add", "=name=bob", "=group=full"]),
        (["read", "write"], ["/system/reboot"]),
        (["read", "write"], ["/system/scheduler/add", "=name=x"]),
    ],
)
def test_a_missing_policy_is_refused(as_member, policies, words):
    assert as_member("api", *policies).talk(*words) == DENIED


def test_what_the_policies_allow_is_done(as_member):
    wire = as_member("api", "read", "write", "test")

    assert wire.talk("/ip/hotspot/user/add", "=name=bob")[0][0] == "!done"
    assert wire.talk("/ping", "=address=10.0.0.1", "=count=1")[0][0] == "!re"


def test_nobody_logs_in_over_the_api_without_its_policy(as_member, device):
    wire = as_member("read", "write")

    assert wire.talk("/system/identity/print") == [["!fatal", "not logged in"]]
    assert device.logins == 0


def test_a_users_password_is_never_shown(wire, device):
    wire.talk("/user/add", "=name=ana", "=group=read", "=password=s3cret")

    assert "s3cret" not in str(wire.talk("/user/print") + device.rows("/user"))


def test_groups_spell_out_what_they_withhold(device):
    read, _, full = device.rows("/user/group")

    assert read["policy"].endswith("!ftp,!write,!policy")
    assert "!" not in full["policy"]


def test_a_group_of_ones_own_spells_out_the_rest_too(wire, device):
    wire.talk("/user/group/add", "=name=some", "=policy=write,read,!ftp")

    policy = device.rows("/user/group")[-1]["policy"]
    assert policy.startswith("read,write,!local")
    assert "!rest-api" in policy


def test_a_group_that_somebody_is_in_stays(wire, device):
    wire.talk("/user/group/add", "=name=some", "=policy=read")
    wire.talk("/user/add", "=name=ana", "=group=some")

    assert (
        wire.talk("/user/group/remove", "=.id=some")[0][-1] == "=message=failure: group is in use"
    )
    wire.talk("/user/remove", "=.id=ana")
    assert wire.talk("/user/group/remove", "=.id=some") == [["!done"]]
