"""What must be one stays one, whoever else does the same at the same time."""

import pytest
from django.db import transaction

from payments.models import Delivery, DeliveryAttempt, Endpoint, Message, Notice
from payments.notifications import delivering, listeners, services
from payments.notifications.errors import TooManyListeners
from tests.factories import ChannelFactory, CompanyFactory, EndpointFactory, PaidFactory
from tests.parallel import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_a_notice_that_many_spread_is_delivered_and_told_once():
    payment = PaidFactory()
    EndpointFactory(company=payment.company)
    ChannelFactory(company=payment.company)
    notice = Notice.objects.get()

    answers = at_once(lambda _: services.spread(notice.pk), 6)

    assert answers == [2] * 6
    assert Delivery.objects.count() == Message.objects.count() == 1


def test_a_delivery_that_two_workers_send_has_two_tries_and_arrives(receiver):
    endpoint = EndpointFactory(url=f"{receiver.url}/hook")
    delivery = delivering.ping(endpoint)
    delivery = Delivery.objects.select_related("endpoint", "notice").get(pk=delivery.pk)

    answers = at_once(lambda _: delivering._deliver(delivery), 2)

    assert answers == [None, None]
    assert sorted(DeliveryAttempt.objects.values_list("number", flat=True)) == [1, 2]
    assert Delivery.objects.get().state == "delivered"


def test_no_company_comes_to_have_more_endpoints_than_it_may(monkeypatch):
    monkeypatch.setattr(listeners, "MOST", 2)
    company = CompanyFactory()

    @transaction.atomic
    def add(_):
        listeners.demand_room(Endpoint, company)
        EndpointFactory(company=company)

    answers = at_once(add, 5)

    assert Endpoint.objects.count() == 2
    assert sum(isinstance(answer, TooManyListeners) for answer in answers) == 3
