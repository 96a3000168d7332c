import pytest


@pytest.fixture
def body(providers):
    """What an owner types in: the keys of an account that Kopo Kopo has opened."""
    return providers.open_account("kopokopo")


@pytest.fixture
def created(client, body):
    """The operator's credentials, as the answer shows them."""
    response = client.post("/payments/credentials/", body)
    assert response.status_code == 201, response.content
    return response.json()


@pytest.fixture
def path(created):
    return f"/payments/credentials/{created['id']}/"
