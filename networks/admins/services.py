from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError

from cloudpilot.tenancy import Role
from networks import platform
from networks.errors import AdminExists
from users import services as users
from users.models import Company, Profile, User


def has_admin() -> bool:
    return User.objects.filter(is_superuser=True).exists()


def create_first(*, username: str, password: str) -> User:
    """Make the platform's first admin, an owner of its company. Raises `AdminExists` ever after."""
    try:
        with transaction.atomic():
            # Of two first admins at once, the second waits here and finds the other.
            company = Company.objects.select_for_update().get(pk=platform.own_company().pk)
            if has_admin():
                raise AdminExists("Admin user already exists.")
            user = User.objects.create_superuser(username, "", password)
            Profile.objects.create(user=user)
            users.add_member(company, user, Role.OWNER)
            return user
    except IntegrityError as exc:
        raise ValidationError({"username": ["A user with that username already exists."]}) from exc


def update(user: User, *, username: str = "", password: str = "") -> None:
    """Give an admin another name or password; a new password ends their tokens."""
    try:
        with transaction.atomic():
            if username:
                user.username = username
                user.save(update_fields=["username"])
            if password:
                users.change_password(user, password)
    except IntegrityError as exc:
        raise ValidationError({"username": ["A user with that username already exists."]}) from exc
