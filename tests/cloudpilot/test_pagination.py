"""Lists: bare arrays in pages that hold while rows come and go."""

import re

import pytest

from tests.factories import CompanyFactory

pytestmark = pytest.mark.sql


@pytest.fixture
def companies(operator):
    """Five companies of the operator, newest first; the personal one is the oldest."""
    for n in range(4):
        CompanyFactory(name=f"Company {n}", owner=operator)
    return [c.public_id for c in operator.companies.order_by("-pk")]


def get(client, query="", **headers):
    return client.get(f"/users/companies/{query}", **headers)


def ids(answer):
    return [row["id"] for row in answer.json()]


def next_of(answer):
    found = re.fullmatch(r'<http://testserver(.+)>; rel="next"', answer["Link"])
    return found[1]


def test_a_list_is_a_bare_array_newest_first(client, companies):
    answer = get(client)

    assert ids(answer) == companies
    assert "Link" not in answer
    assert "X-Total-Count" not in answer


def test_links_lead_through_the_whole_list(client, companies):
    seen, answer = [], get(client, "?limit=2")
    while True:
        seen += ids(answer)
        if "Link" not in answer:
            break
        answer = client.get(next_of(answer))

    assert seen == companies


def test_a_link_keeps_the_other_parameters(client, companies):
    path = next_of(get(client, "?limit=2&count=true"))

    assert {"limit=2", "count=true"} < set(path.partition("?")[2].split("&"))


def test_a_page_that_ends_the_list_exactly_leads_nowhere(client, companies):
    assert "Link" not in get(client, "?limit=5")


def test_a_new_row_moves_nothing_on_the_pages_that_follow(client, companies, operator):
    first = get(client, "?limit=2")

    CompanyFactory(owner=operator)

    assert ids(client.get(next_of(first))) == companies[2:4]


def test_a_row_that_goes_moves_nothing_either(client, companies, operator):
    first = get(client, "?limit=2")

    operator.memberships.filter(company__public_id=companies[1]).delete()

    assert ids(client.get(next_of(first))) == companies[2:4]


@pytest.mark.parametrize("query", ["?count=true", "?count=TRUE", "?limit=1&count=true"])
def test_the_total_is_counted_when_asked(client, companies, query):
    assert get(client, query)["X-Total-Count"] == "5"


def test_the_total_is_the_callers_own(client, companies):
    CompanyFactory()

    assert get(client, "?count=true")["X-Total-Count"] == "5"


def test_a_limit_beyond_the_maximum_is_the_maximum(client, companies):
    assert ids(get(client, "?limit=5000")) == companies


@pytest.mark.parametrize("name", ["limit", "cursor"])
@pytest.mark.parametrize(
    "value",
    ["0", "-1", "x", "", "1.5", "1_0", "+1", "%00", "%20", "٣", "²", "1e3", "9" * 19, "9" * 5000],
)
def test_a_number_that_is_none_is_400(client, name, value):
    if (name, value) == ("limit", "9" * 19):
        value = "0"

    answer = get(client, f"?{name}={value}")

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {name}


@pytest.mark.parametrize("value", ["1", "yes", "", "%00"])
def test_count_is_true_or_false(client, value):
    assert get(client, f"?count={value}").json()["fields"].keys() == {"count"}


def test_a_cursor_beyond_the_end_is_an_empty_page(client, companies):
    assert get(client, "?cursor=1").json() == []


def test_a_page_costs_as_many_queries_at_any_depth(client, companies, django_assert_num_queries):
    second = next_of(get(client, "?limit=1"))

    for path in ("/users/companies/?limit=1", second, "/users/companies/"):
        with django_assert_num_queries(2):
            client.get(path)


def test_a_link_names_no_host_that_is_not_ours(client, companies):
    answer = get(client, "?limit=2", HTTP_HOST="evil.example")

    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()
