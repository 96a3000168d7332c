import pytest

from tests.factories import UserFactory
from tests.parallel import at_once
from users import tokens
from users.errors import InvalidToken

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_of_parallel_refreshes_of_one_token_exactly_one_succeeds():
    first = tokens.start_family(UserFactory())

    answers = at_once(lambda _: tokens.rotate(first.refresh_token), 8)

    assert sum(isinstance(answer, tokens.TokenPair) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidToken) for answer in answers) == 7
