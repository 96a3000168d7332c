"""The ten actions, by their names on the page. Each is given the gateway and what was sent."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from django.db.models import QuerySet

from hotspot import codes, issuing, services
from hotspot.gateway import live, serializers
from hotspot.gateway.errors import UsernameMissing, UsernameUnknown
from hotspot.gateway.validity import VALID_FOR
from hotspot.models import GuestGateway, GuestUser, Login, Voucher

Parameters = Mapping[str, Any]
Answer = dict[str, Any]
Action = Callable[[GuestGateway, Parameters], Answer]


def create_voucher(gateway: GuestGateway, sent: Parameters) -> Answer:
    """Make a voucher that is valid from `valid_from` for `valid_for`, used or not.

    Raises `CodeTaken` for a name that a voucher of this router has.
    """
    wanted = _valid(serializers.NewVoucherSerializer, gateway, sent)
    username, passcode = wanted["username"], wanted["passcode"]
    voucher = issuing.issue(
        gateway.router,
        issuing.Terms(
            lifetime=VALID_FOR[wanted["valid_for"]],
            upload_limit=wanted["upload_limit"],
            download_limit=wanted["download_limit"],
        ),
        source=Voucher.Source.GATEWAY,
        code=username,
        password=None if passcode == username else passcode,
        full_name=wanted["fullname"],
        valid_from=wanted["valid_from"],
    )
    user = serializers.new_voucher(voucher, gateway.router)
    return {"message": "User added successfully", "user": user, "error": False}


def remove_voucher(gateway: GuestGateway, sent: Parameters) -> Answer:
    """End a voucher, its sessions and its cookies. Raises `UsernameMissing` or `UsernameUnknown`."""
    username = _valid(serializers.UsernameSerializer, gateway, sent)["username"]
    if not username:
        raise UsernameMissing("Name the voucher's user.")
    if not services.revoke_some(_vouchers(gateway).filter(code_index=codes.index(username)), 1):
        raise UsernameUnknown("There is no voucher of this name.")
    return {"message": "User removed successfully", "error": False}


def get_voucher_users(gateway: GuestGateway, sent: Parameters) -> Answer:
    rows = _page(_vouchers(gateway), gateway, sent)
    return {"users": [serializers.voucher_user(row, gateway.router) for row in rows]}


def get_guest_users(kind: GuestUser.Kind, gateway: GuestGateway, sent: Parameters) -> Answer:
    rows = _page(gateway.router.guest_users.filter(kind=kind), gateway, sent)
    return {"users": [serializers.guest_user(row, gateway.router) for row in rows]}


def get_logins(gateway: GuestGateway, sent: Parameters) -> Answer:
    rows = _page(Login.objects.filter(router=gateway.router), gateway, sent)
    rows = rows.select_related("voucher")
    return {"logins": [serializers.login(row, gateway.router) for row in rows]}


def get_active_guests(gateway: GuestGateway, sent: Parameters) -> Answer:
    return {"data": live.active_guests(gateway.router)}


def get_guest_hosts(gateway: GuestGateway, sent: Parameters) -> Answer:
    return {"data": live.guest_hosts(gateway.router)}


ACTIONS: Final[dict[str, Action]] = {
    "create_voucher": create_voucher,
    "remove_voucher": remove_voucher,
    "get_voucher_users": get_voucher_users,
    "get_email_users": partial(get_guest_users, GuestUser.Kind.EMAIL),
    "get_fb_users": partial(get_guest_users, GuestUser.Kind.FACEBOOK),
    "get_mobile_users": partial(get_guest_users, GuestUser.Kind.MOBILE),
    "get_free_users": partial(get_guest_users, GuestUser.Kind.FREE),
    "get_logins": get_logins,
    "get_active_guests": get_active_guests,
    "get_guest_hosts": get_guest_hosts,
}


def _vouchers(gateway: GuestGateway) -> Any:
    """Return the router's vouchers, made here or elsewhere; revoked ones are gone for this API."""
    return Voucher.objects.filter(router=gateway.router, revoked_at=None)


def _page(rows: QuerySet, gateway: GuestGateway, sent: Parameters) -> QuerySet:
    wanted = _valid(serializers.PageSerializer, gateway, sent)
    return rows.filter(pk__gt=wanted["after"]).order_by("pk")[: wanted["limit"]]


def _valid(serializer_class: Any, gateway: GuestGateway, sent: Parameters) -> dict[str, Any]:
    serializer = serializer_class(data=sent, context={"gateway": gateway})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
