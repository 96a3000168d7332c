import pytest

from payments.providers import gateway_at
from payments.simulator import ProviderSimulator


@pytest.fixture(scope="session")
def _providers():
    with ProviderSimulator() as providers:
        yield providers


@pytest.fixture
def providers(_providers, settings):
    """The payment providers, with nothing in them; their time stands still until it is advanced."""
    _providers.reset()  # and so begins at the time that it is
    settings.PROVIDER_BASE_URLS = {slug: _providers.url(slug) for slug in _providers.slugs}
    yield _providers
    gateway_at.cache_clear()  # no test is to learn from another's that a provider is away
    _providers.reset()
