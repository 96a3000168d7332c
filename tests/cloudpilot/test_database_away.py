"""With its database away a process says so, in each family's shape, and says nothing else."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

ASK = """
import django, json, sys
django.setup()
from rest_framework.test import APIClient
client = APIClient(raise_request_exception=False)
answers = {}
for path in sys.argv[1:]:
    act = client.post if "login" in path else client.get
    answer = act(path, {"username": "amina", "password": "x"})
    answers[path] = [answer.status_code, answer.json(), answer.headers.get("Retry-After")]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What a process answers whose PostgreSQL is not there."""
    folder = tmp_path_factory.mktemp("away")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cloudpilot.settings",
        "DATABASE_URL": f"postgres://cloudpilot:secret@/cloudpilot?host={folder}",
        "ALLOWED_HOSTS": "testserver",
        "STATE_DIR": str(folder / "var"),
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK, "/health/", "/users/login/"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout)


def test_health_says_that_the_process_cannot_work(answers):
    assert answers["/health/"][:2] == [503, {"status": "unavailable"}]


def test_a_request_is_told_to_come_again_and_not_why(answers):
    status, body, retry_after = answers["/users/login/"]

    assert (status, body["code"], retry_after) == (503, "unavailable", "5")
    assert set(body) == {"error", "code"}
    assert "secret" not in json.dumps(body)
