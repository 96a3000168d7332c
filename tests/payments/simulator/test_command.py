import signal
import subprocess
import sys

import pytest
from django.conf import settings

from payments.simulator import ProviderSimulator


@pytest.fixture
def printed(request):
    """What `manage.py simulate_providers` says, while it runs."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "simulate_providers", "--scale", "0.01"],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield [process.stdout.readline().strip() for _ in range(6)]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_it_says_where_it_listens_and_what_to_set(printed):
    listening, *lines = printed
    url = listening.removeprefix("listening on ")

    assert lines == [
        f"KOPOKOPO_BASE_URL={url}/kopokopo",
        f"INTASEND_BASE_URL={url}/intasend/api/v1",
        f"MERCADOPAGO_BASE_URL={url}/mercadopago",
        f"CONEKTA_BASE_URL={url}/conekta",
        f"DARAJA_BASE_URL={url}/daraja",
    ]


def test_its_guests_pay_by_themselves(printed, http):
    url = printed[0].removeprefix("listening on ")
    keys = http.post(f"{url}/_sim/accounts", json={"provider": "intasend"}).json()
    body = {"public_key": keys["api_key"], "amount": 20, "phone_number": "254712345000"}
    headers = {"Authorization": f"Bearer {keys['private_key']}"}
    address = f"{url}/intasend/api/v1/payment"
    charge = http.post(f"{address}/mpesa-stk-push/", json=body, headers=headers).json()

    asked = {"public_key": keys["api_key"], "invoice_id": charge["invoice"]["invoice_id"]}
    while http.post(f"{address}/status/", json=asked).json()["invoice"]["state"] != "COMPLETE":
        pass

    (entry,) = [one for one in http.get(f"{url}/_sim/ledger").json() if one["state"] != "pending"]
    assert entry["state"] == "succeeded"


def test_a_taken_port_is_an_error(providers):
    port = providers.page.rstrip("/").rpartition(":")[2]

    done = subprocess.run(
        [sys.executable, "manage.py", "simulate_providers", "--port", port],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "in use" in done.stderr


def test_the_same_seed_makes_the_same_keys():
    keys = []
    for _ in range(2):
        with ProviderSimulator(seed=7) as providers:
            keys.append(providers.open_account("kopokopo"))

    assert keys[0] == keys[1]
