"""Queries whose SQL is written once answer as those do that are written each time."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from cloudpilot.prepared import prepared
from routers.models import Router
from tests.factories import RouterFactory
from tests.parallel import at_once
from users import tokens
from users.models import TokenFamily

pytestmark = [pytest.mark.sql, pytest.mark.django_db]


IN_ORDER = 'ORDER BY "routers_router"."name" ASC'


@prepared
def named(*names):
    return Router.objects.filter(name__in=names).order_by("name")


def test_each_run_has_arguments_of_its_own_however_many():
    for name in "abc":
        RouterFactory(name=name)

    found = [[row.name for row in named(*names)] for names in ("a", "b", "ab", "bc", "abc", "x")]

    assert found == [["a"], ["b"], ["a", "b"], ["b", "c"], ["a", "b", "c"], []]


def test_the_query_is_written_once_for_each_number_of_arguments():
    written = []

    @prepared
    def by_key(*keys):
        written.append(len(keys))
        return Router.objects.filter(pk__in=keys)

    for keys in [(1,), (2,), (1, 2), (3, 4), (5,)]:
        by_key(*keys)

    assert written == [1, 2]


def test_a_row_is_whole_and_its_secrets_open():
    router = RouterFactory(password="mango")

    (row,) = named(router.name)

    assert row == router
    assert row.password == "mango"
    assert not row.get_deferred_fields()


def test_related_rows_come_along_and_what_was_left_out_can_be_had(django_assert_num_queries):
    router = RouterFactory()
    company = router.company

    @prepared
    def with_company(key):
        rows = Router.objects.filter(pk=key).select_related("company")
        return rows.only("name", "company__name")

    with django_assert_num_queries(1):
        (row,) = with_company(router.pk)
        shown = (row.name, row.company.name, row.company.pk)
    with django_assert_num_queries(1):
        host = row.host

    assert shown == (router.name, company.name, company.pk)
    assert host == router.host


def test_a_moment_is_compared_as_a_moment():
    router = RouterFactory()

    @prepared
    def made_before(moment):
        return Router.objects.filter(created_at__lt=moment)

    hour = timedelta(hours=1)
    assert made_before(timezone.now() + hour) == [router]
    assert made_before(timezone.now() - hour) == []


def test_a_uuid_finds_its_row(operator):
    tokens.start_family(operator)
    family = operator.token_families.get()

    @prepared
    def by_id(uuid):
        return TokenFamily.objects.filter(pk=uuid)

    assert by_id(family.pk) == [family]
    assert by_id(uuid4()) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps every statement")
def test_postgresql_plans_a_query_once_a_connection():
    for name in "abc":
        named(name)

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = [sql for (sql,) in cursor.fetchall()]
    # The connection is other tests' too, and has their queries.
    assert len([sql for sql in kept if sql.endswith(f"IN ($1) {IN_ORDER}")]) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_runs_do_not_mix_their_arguments():
    for number in range(10):
        RouterFactory(name=f"router {number}")

    found = at_once(lambda number: [row.name for row in named(f"router {number}")], 10)

    assert sorted(found) == [[f"router {number}"] for number in range(10)]


def test_rows_that_are_wanted_as_mappings_are_like_the_orms_own():
    router = RouterFactory()
    wanted = ("pk", "name", "company__public_id", "is_active", "created_at")

    @prepared
    def columns_of(pk):
        return Router.objects.filter(pk=pk).values(*wanted)

    assert columns_of(router.pk) == list(Router.objects.filter(pk=router.pk).values(*wanted))
    assert columns_of(0) == []
