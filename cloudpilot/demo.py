"""The demonstration behind `make run`: a user, a simulated router, and lines to try them with."""

import secrets

from django.db import transaction

from routers.models import Router
from users import services
from users.models import User

USERNAME = "demo"


def load(router_port: int) -> str:
    """Make the demo user and point their router at the simulated one; returns a new password."""
    password = secrets.token_urlsafe(9)
    with transaction.atomic():
        user = User.objects.filter(username=USERNAME).first()
        if user is None:
            user, _ = services.register(
                username=USERNAME, email="demo@example.com", password=password
            )
        services.change_password(user, password)
        Router.objects.update_or_create(
            company=user.personal_company,
            name="Demo router",
            defaults={
                "host": "127.0.0.1",
                "port": router_port,
                "username": "admin",
                "tls_fingerprint": "",
                "is_online": False,
            },
            create_defaults={
                "host": "127.0.0.1",
                "port": router_port,
                "username": "admin",
                "password": "admin",
            },
        )
    return password


_LINES = """
CloudPilot is running.

  Swagger UI   {url}/swagger/
  OpenAPI      {url}/openapi.json
  Console      {url}/console/   (make an account: .venv/bin/python manage.py createsuperuser)
  Log          {log}
  Router       127.0.0.1:{port}, simulated; user admin, password admin
  Its guests   {control}   (docs/testing-and-simulator.md says how they are moved)
  Login        user demo, password {password}

Try it, line by line, in another terminal:

curl -s -X POST {url}/users/register/ -H 'Content-Type: application/json' -d '{{"username": "{name}", "email": "{name}@example.com", "password": "{secret}"}}'; echo
TOKEN=$(curl -s -X POST {url}/users/login/ -H 'Content-Type: application/json' -d '{{"username": "{name}", "password": "{secret}"}}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
ROUTER=$(curl -s -X POST {url}/routers/ -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"name": "My Router", "host": "127.0.0.1", "port": {port}, "username": "admin", "password": "admin"}}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
curl -s -X POST {url}/routers/$ROUTER/test-connection/ -H "Authorization: Bearer $TOKEN"; echo
curl -s -X POST {url}/routers/$ROUTER/execute-command/ -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"command": "/system resource print"}}'; echo
curl -s {url}/routers/$ROUTER/device-info/ -H "Authorization: Bearer $TOKEN"; echo
PACKAGE=$(curl -s -X POST {url}/hotspot/packages/ -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"router": '$ROUTER', "name": "One day", "package_type": "hourly", "duration_hours": 24, "price": "50.00", "download_speed_mbps": 5, "upload_speed_mbps": 2}}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
VOUCHER=$(curl -s -X POST {url}/hotspot/vouchers/ -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"package": '$PACKAGE', "code": "{code}"}}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
until curl -s {url}/hotspot/vouchers/$VOUCHER/ -H "Authorization: Bearer $TOKEN" | grep -q '"on_router":true'; do sleep 1; done
curl -s -o /dev/null {control}/0/guests/arrive -d '{{"mac": "AA:BB:CC:00:00:01", "address": "192.168.88.20"}}'
curl -s -o /dev/null {control}/0/guests/log_in -d '{{"mac": "AA:BB:CC:00:00:01", "user": "{code}", "password": "{code}"}}'
curl -s "{url}/hotspot/sessions/?router=$ROUTER" -H "Authorization: Bearer $TOKEN"; echo

Ctrl-C stops it all.
"""


def lines(*, url: str, port: int, control: str, password: str, log: str) -> str:
    """Return what `make run` prints: where everything is, a login, and curl lines that work."""
    return _LINES.format(
        url=url,
        port=port,
        control=control,
        password=password,
        log=log,
        name=f"cafe-{secrets.token_hex(3)}",
        code=f"{secrets.randbelow(10**6):08}",
        secret=secrets.token_urlsafe(9),
    )
