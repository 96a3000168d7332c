import pytest
from django.core.checks import run_checks

from tests.factories import CredentialsFactory

pytestmark = pytest.mark.sql


def ids(**kwargs):
    return [error.id for error in run_checks(**kwargs)]


@pytest.fixture
def simulated(settings):
    settings.PROVIDER_BASE_URLS = {"kopokopo": "http://127.0.0.1:1/kopokopo", "conekta": ""}


def test_who_deploys_with_a_simulated_provider_is_told(simulated):
    errors = run_checks(include_deployment_checks=True)

    (error,) = [error for error in errors if error.id == "payments.E001"]
    assert "KOPOKOPO_BASE_URL" in error.msg


def test_a_simulated_provider_is_nothing_wrong_elsewhere(simulated, db):
    assert "payments.E001" not in ids()
    assert "payments.E002" not in ids(databases=["default"])


def test_live_keys_are_kept_from_a_simulated_provider(simulated, db):
    CredentialsFactory(provider="kopokopo", environment="live")

    assert "payments.E002" in ids(databases=["default"])


def test_live_keys_of_another_provider_do_not_matter(simulated, db):
    CredentialsFactory(provider="conekta", environment="live")

    assert "payments.E002" not in ids(databases=["default"])
