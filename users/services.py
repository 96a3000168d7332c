from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from rest_framework.exceptions import ValidationError

from cloudpilot.clients import client_network
from cloudpilot.limits import failures_counted
from cloudpilot.tenancy import Role
from users import keys
from users.errors import AlreadyMember, InvalidCredentials, LastOwner
from users.keys import NewPair
from users.models import ApiKey, Company, Membership, Profile, User

FIRST_KEY_NAME = "First key"


def register(*, username: str, email: str, password: str) -> tuple[User, NewPair]:
    """Make an account with its profile, its personal company and a first key pair."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, email, password)
            Profile.objects.create(user=user)
            found_company(user, name=username, personal=True)
            return user, keys.make_pair(user, FIRST_KEY_NAME)
    except IntegrityError as exc:  # the name was taken while we were checking it
        raise ValidationError({"username": ["A user with that username already exists."]}) from exc


def check_credentials(request: HttpRequest, username: str, password: str) -> User:
    """Return the active user that name and password belong to; raises `InvalidCredentials`.

    Failures are counted per account and per address, and beyond the limit nothing is checked.
    `authenticate` hashes once whether or not the account exists, so the time tells nothing.
    """
    username = User.normalize_username(username)
    with (
        failures_counted("failed_logins_per_address", client_network(request)),
        failures_counted("failed_logins_per_account", username),
    ):
        user = authenticate(request, username=username, password=password)
        if not isinstance(user, User):
            raise InvalidCredentials
        return user


def check_key_pair(request: HttpRequest, public_key: str, private_key: str) -> ApiKey:
    """Return the live pair; failures count against the address. Raises `InvalidCredentials`."""
    with failures_counted("failed_logins_per_address", client_network(request)):
        key = keys.find_pair(public_key, private_key)
        if key is None:
            raise InvalidCredentials
        return key


def check_new_password(password: str, user: User) -> None:
    """Raise a `ValidationError` that says what is wrong with the password, if anything."""
    try:
        validate_password(password, user)
    except DjangoValidationError as exc:
        raise ValidationError(exc.messages) from exc


def change_password(user: User, new_password: str) -> None:
    """Set a password, which ends every token; key pairs stay, as scripts have no password."""
    user.set_password(new_password)
    user.save(update_fields=["password"])


def found_company(
    owner: User, *, name: str, personal: bool = False, email: str = "", phone: str = ""
) -> Company:
    """Make a company whose first owner is `owner`."""
    with transaction.atomic():
        company = Company.objects.create(
            name=name,
            contact_email=email,
            contact_phone=phone,
            personal_owner=owner if personal else None,
        )
        Membership.objects.create(company=company, user=owner, role=Role.OWNER)
    return company


def add_member(company: Company, user: User, role: Role) -> Membership:
    """Let `user` into the company; raises `AlreadyMember`."""
    try:
        with transaction.atomic():
            return Membership.objects.create(company=company, user=user, role=role)
    except IntegrityError as exc:
        raise AlreadyMember("This user is a member already.") from exc


def change_role(membership: Membership, role: Role) -> None:
    """Give a member another role; raises `LastOwner` if nobody would own the company."""
    with transaction.atomic():
        if role is not Role.OWNER:
            _keep_an_owner(membership)
        membership.role = role
        # Not save(): a member who has left meanwhile stays away.
        Membership.objects.filter(pk=membership.pk).update(role=role)


def remove_member(membership: Membership) -> None:
    """Take a member out of the company; raises `LastOwner`."""
    with transaction.atomic():
        _keep_an_owner(membership)
        Membership.objects.filter(pk=membership.pk).delete()


def _keep_an_owner(membership: Membership) -> None:
    """Refuse to leave a company with no owner. The row lock makes parallel leavers take turns."""
    Company.objects.select_for_update().get(pk=membership.company_id)
    owners = Membership.objects.filter(company=membership.company_id, role=Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise LastOwner("The last owner of a company cannot leave.")
