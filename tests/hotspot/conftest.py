import pytest

from tests.factories import PackageFactory


@pytest.fixture
def package(router):
    """A package of the operator's simulated router: one hour, one device."""
    return PackageFactory(router=router)
