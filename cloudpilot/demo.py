"""The demonstration behind `make run`: a user, a router that sells, and lines to try them with."""

import json
import secrets
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from hotspot.models import Package
from networks.hub.running import Hub
from payments.credentials import services as credentials
from payments.models import Credentials
from routers import keys
from routers.models import Router
from users import services
from users.models import User

USERNAME = "demo"
_ROUTER = "Demo router"
_LABEL = "Simulated"


@dataclass(frozen=True)
class Shop:
    """What a guest of the demo router needs to buy."""

    key: str  # the router's
    by_phone: int  # a package, in shillings
    by_card: int  # and one in pesos


@contextmanager
def hub() -> Iterator[None]:
    """Let this machine be the hub of networks while the block runs; no tunnel of it stays.

    Whoever may not change the machine's network is told so by the API.
    """
    own = Hub()
    thread = threading.Thread(target=own.run, name="hub", daemon=True)
    thread.start()
    try:
        yield
    finally:
        own.stop()
        thread.join()
        own.take_down_all()


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
            name=_ROUTER,
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


def open_shop(*, providers: str, public_url: str) -> Shop:
    """Have the demo router sell, by phone through Kopo Kopo and by card through Mercado Pago.

    Both are simulated, at `providers`, and forget who had which keys when they end.
    """
    router = Router.objects.get(company__personal_owner__username=USERNAME, name=_ROUTER)
    for slug in ("mercadopago", "kopokopo"):  # the last one is what guests pay with by default
        given = _ask(providers, "accounts", {"provider": slug})
        account = _keep(router, given)
        path = account.webhook_url.removeprefix(settings.PUBLIC_URL)
        _ask(providers, "webhook-url", {"keys": given, "url": f"{public_url}{path}"})
    return Shop(
        key=keys.regenerate(router).token,
        by_phone=_package(router, "One hour", 2000, "KES").pk,
        by_card=_package(router, "Una hora", 2000, "MXN").pk,
    )


def _keep(router: Router, given: dict[str, Any]) -> Credentials:
    """Keep these keys in the place of the last run's."""
    changes = {name: given[name] for name in ("api_key", "private_key", "extra")}
    with transaction.atomic():
        credentials.take_turns(router.company_id)
        own = Credentials.objects.filter(company=router.company, deleted_at=None, label=_LABEL)
        account = own.filter(provider=given["provider"]).first()
        if account is None:
            return credentials.open_account(
                router.company, named=given["provider"], label=_LABEL, **changes
            )
        credentials.change(account, {**changes, "is_active": True})
        return account


def _package(router: Router, name: str, price: int, currency: str) -> Package:
    package, _ = Package.objects.get_or_create(
        router=router,
        name=name,
        retired_at=None,
        defaults={
            "company": router.company,
            "package_type": Package.Kind.HOURLY,
            "duration_hours": 1,
            "price": price,
            "currency": currency,
            "download_speed_mbps": 5,
            "upload_speed_mbps": 2,
        },
    )
    return package


def _ask(simulator: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(  # noqa: S310 (our own)
        f"{simulator}/_sim/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


_LINES = """
CloudPilot is running.

  Swagger UI   {url}/swagger/
  OpenAPI      {url}/openapi.json
  Console      {url}/console/   (make an account: .venv/bin/python manage.py createsuperuser)
  Log          {log}
  Router       127.0.0.1:{port}, simulated; user admin, password admin
  Its guests   {control}   (docs/testing-and-simulator.md says how they are moved)
  Phone        {phone}/   (simulated guests answer there when they are asked to pay)
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

Buy an hour of WiFi at the demo router, as its captive portal does. No money moves: this phone
number pays by itself after two seconds, and any other waits for you on the phone page.

KEY={shop.key}
BOUGHT=$(curl -s -X POST {url}/portal/purchases/ -H "X-API-Key: $KEY" -H 'Content-Type: application/json' -d '{{"package": {shop.by_phone}, "phone_number": "+254712345000"}}'); echo "$BOUGHT"
RECEIPT=$(echo "$BOUGHT" | python3 -c 'import json, sys; print(json.load(sys.stdin)["receipt"])')
sleep 5; curl -s {url}/portal/purchases/$RECEIPT/ -H "X-API-Key: $KEY"; echo
curl -s -X POST {url}/portal/purchases/ -H "X-API-Key: $KEY" -H 'Content-Type: application/json' -d '{{"package": {shop.by_card}, "card_token": "test_APRO", "email": "guest@example.com"}}'; echo

Ctrl-C stops it all.
"""


def lines(
    *, url: str, port: int, control: str, phone: str, shop: Shop, password: str, log: str
) -> str:
    """Return what `make run` prints: where everything is, a login, and curl lines that work."""
    return _LINES.format(
        url=url,
        port=port,
        control=control,
        password=password,
        log=log,
        phone=phone,
        shop=shop,
        name=f"cafe-{secrets.token_hex(3)}",
        code=f"{secrets.randbelow(10**6):08}",
        secret=secrets.token_urlsafe(9),
    )
