"""The account that a router makes for us."""

import pytest

from networks.models import Node, Onboarding
from networks.observing.asking import Seen
from networks.onboarding import services, texts
from routers.models import Router
from routers.reconcile import services as reconcile
from tests.factories import NodeFactory, a_voucher
from tests.networks.routers import marked
from tests.parallel import at_once

pytestmark = pytest.mark.sql


def test_may_do_all_that_a_pass_does(device, taken_in):
    router = taken_in.router
    device.run_script(texts.account(taken_in, router.password))
    # The tunnel is loopback here, from which the account is not good.
    device.run_script('/user set [find name=cloudpilot] address=""')
    router.host, router.port = "127.0.0.1", device.port("api")
    router.save()
    voucher = a_voucher(router)

    for _ in range(2):
        outcome = reconcile.reconcile(router)

    assert outcome.problems == ()
    assert set(marked(device, "/ip/address")) == {"skynet:address"}
    assert voucher.code in {row["name"] for row in device.rows("/ip/hotspot/user")}
    taken_in.refresh_from_db()
    assert (taken_in.sync_state, taken_in.sync_error) == (Node.Sync.OK, "")


def test_each_time_it_is_fetched_it_has_another_password(taken_in):
    before = Router.objects.get().password

    services.take_in(taken_in, seen=Seen(taken_in.created_at))

    assert Router.objects.get().password != before


def test_a_service_that_was_off_is_let_on_for_the_tunnel_alone(box, line):
    box.paste("/ip service set api disabled=yes")
    box.paste(line)

    (api,) = [row for row in box.rows("/ip/service") if row["name"] == "api"]
    assert (api["disabled"], api["address"]) == ("false", "10.70.0.0/16")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_device_that_asks_several_times_at_once_is_one_router():
    node = NodeFactory()

    answers = at_once(lambda n: services.take_in(node, seen=Seen(node.created_at)), 4)

    assert [type(answer) for answer in answers] == [str] * 4
    assert Router.objects.count() == Onboarding.objects.count() == 1
    assert sum(f'password="{Router.objects.get().password}"' in answer for answer in answers) == 1
