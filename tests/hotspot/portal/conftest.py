import pytest

from routers import keys


@pytest.fixture
def token(router):
    return keys.issue(router).token


@pytest.fixture
def portal(anonymous, token):
    """What a portal's page has: the operator's router's key."""
    anonymous.credentials(HTTP_X_API_KEY=token)
    return anonymous
