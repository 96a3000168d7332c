import uuid
from functools import partial

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import constant_time_compare

from cloudpilot.random_ids import public_id
from cloudpilot.tenancy import Role
from users.querysets import ApiKeyQuerySet, CompanyQuerySet, TokenFamilyQuerySet


class User(AbstractUser):
    """A person with an account. What they may see follows from their memberships."""

    email = models.EmailField()

    @property
    def personal_company(self) -> "Company | None":
        """The company made at registration, unless they have left it since."""
        return self.companies.filter(personal_owner=self).first()


class Profile(models.Model):
    """What a user says about themselves."""

    user = models.OneToOneField(User, models.CASCADE, related_name="profile")
    bio = models.TextField(blank=True, max_length=5000)
    website = models.URLField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.user)


class Company(models.Model):
    """The tenant: it owns routers and all that hangs on them."""

    public_id = models.CharField(
        max_length=14, unique=True, editable=False, default=partial(public_id, "EMP", 10)
    )
    name = models.CharField(max_length=150)
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)
    colour = models.CharField(
        max_length=7, default="#1f4e79", help_text="#rrggbb, of what guests get to see"
    )
    is_active = models.BooleanField(default=True)
    personal_owner = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    members = models.ManyToManyField(User, through="Membership", related_name="companies")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"

    @property
    def company_id(self) -> int:
        """A company is its own tenant, so that roles are asked for alike everywhere."""
        return self.pk


class Membership(models.Model):
    """A user's place in a company, with what they may do there."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "user"], name="one_membership_a_company"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.company}"


class TokenFamily(models.Model):
    """All tokens that descend from one login. Only the newest refresh token is good.

    Access tokens name their family too, so what ends it ends them at once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="token_families")
    api_key = models.ForeignKey(
        "ApiKey",
        models.CASCADE,
        null=True,
        related_name="token_families",
        help_text="the pair that logged in: the tokens may do no more, and live no longer",
    )
    password_mark = models.CharField(
        max_length=64, default="", help_text="of the password at login: another one ends the family"
    )
    current_jti = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = TokenFamilyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "token families"

    def __str__(self) -> str:
        return f"{self.user}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_live(self) -> bool:
        """Whether neither the family itself has ended, nor its user, their password or its pair."""
        mark = self.user.get_session_auth_hash()
        return (
            self.revoked_at is None
            and self.user.is_active
            # A look-up of its own, for scripts alone: joined, it would cost everybody.
            and (self.api_key is None or self.api_key.revoked_at is None)
            and constant_time_compare(self.password_mark, mark)
        )


class ApiKey(models.Model):
    """A key pair. Of the private half only a keyed digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    public_key = models.CharField(max_length=64, unique=True)
    private_key_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_key})"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.user.is_active
