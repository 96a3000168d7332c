"""Rows for tests. A factory's default belongs to a stranger, so access tests are short."""

import secrets

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from cloudpilot.jobs.models import Job
from cloudpilot.tenancy import Role
from hotspot import issuing
from hotspot.models import GuestGateway, GuestUser, Login, Package, Voucher
from routers.models import CommandBatch, CommandResult, Router, RouterImport, RouterImportRow
from users import keys
from users.models import Company, Membership, User

PASSWORD = "teapot-and-mango"


class UserFactory(DjangoModelFactory):
    """A user with a personal company, as registration makes them."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        password = kwargs.pop("password", PASSWORD)
        user = model_class.objects.create_user(*args, password=password, **kwargs)
        CompanyFactory(name=user.username, personal_owner=user, owner=user)
        return user


class CompanyFactory(DjangoModelFactory):
    """A company; `owner=user` makes them its owner, otherwise it is a stranger's."""

    class Meta:
        model = Company
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Company {n}")

    @factory.post_generation
    def owner(self, create, extracted, **kwargs):
        if extracted:
            MembershipFactory(company=self, user=extracted, role=Role.OWNER)


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    company = factory.SubFactory(CompanyFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.VIEWER


class RouterFactory(DjangoModelFactory):
    """A stranger's router; `owner=user` puts it in that user's personal company."""

    class Meta:
        model = Router

    class Params:
        owner = None

    name = factory.Sequence(lambda n: f"Router {n}")
    host = "127.0.0.1"
    port = 8728
    username = "admin"
    password = "admin"
    company = factory.LazyAttribute(
        lambda row: row.owner.personal_company if row.owner else CompanyFactory()
    )


class CommandBatchFactory(DjangoModelFactory):
    """A bulk command on one router, that nobody has begun."""

    class Meta:
        model = CommandBatch
        skip_postgeneration_save = True

    company = factory.SubFactory(CompanyFactory)
    command = "/ip/address/print"
    sealed_command = "{}"
    total = 1

    @factory.post_generation
    def results(self, create, extracted, **kwargs):
        CommandResultFactory(batch=self)


class CommandResultFactory(DjangoModelFactory):
    class Meta:
        model = CommandResult

    batch = factory.SubFactory(CommandBatchFactory)
    company = factory.SelfAttribute("batch.company")
    router = factory.SubFactory(RouterFactory, company=factory.SelfAttribute("..company"))
    router_name = factory.LazyAttribute(lambda row: str(row.router))


class RouterImportFactory(DjangoModelFactory):
    """A list of routers that nobody has begun with."""

    class Meta:
        model = RouterImport

    company = factory.SubFactory(CompanyFactory)
    dry_run = True
    content = ""


class RouterImportRowFactory(DjangoModelFactory):
    class Meta:
        model = RouterImportRow

    upload = factory.SubFactory(RouterImportFactory)
    company = factory.SelfAttribute("upload.company")
    line = factory.Sequence(lambda n: n + 2)
    outcome = "valid"


class JobFactory(DjangoModelFactory):
    """A stranger's queued job; `owner=user` makes it the personal company's of that user."""

    class Meta:
        model = Job

    class Params:
        owner = None

    task = "routers.reconcile_router"
    tenant = factory.LazyAttribute(
        lambda row: (row.owner.personal_company if row.owner else CompanyFactory()).pk
    )


class GuestGatewayFactory(DjangoModelFactory):
    """The gateway of a stranger's router, with both methods open and no key yet."""

    class Meta:
        model = GuestGateway

    router = factory.SubFactory(RouterFactory)
    label = factory.LazyFunction(lambda: secrets.token_hex(5))
    post_enabled = True
    get_enabled = True


class GuestUserFactory(DjangoModelFactory):
    class Meta:
        model = GuestUser

    router = factory.SubFactory(RouterFactory)
    company = factory.SelfAttribute("router.company")
    kind = GuestUser.Kind.EMAIL
    identity = factory.Sequence(lambda n: f"guest{n}@example.com")


def pair_of(user, name="Script"):
    """Return the two headers of a new key pair of `user`."""
    pair = keys.make_pair(user, name)
    return {"HTTP_X_API_KEY": pair.row.public_key, "HTTP_X_PRIVATE_KEY": pair.private_key}


class PackageFactory(DjangoModelFactory):
    """A package of a stranger's router; `router=` puts it on that one."""

    class Meta:
        model = Package

    router = factory.SubFactory(RouterFactory)
    company = factory.SelfAttribute("router.company")
    name = factory.Sequence(lambda n: f"Package {n}")
    package_type = Package.Kind.HOURLY
    duration_hours = 1
    price = 1000
    download_speed_mbps = 5
    upload_speed_mbps = 2


def make_voucher(package, **facts):
    """Return a voucher of a package, as an operator makes one."""
    options = {"source": Voucher.Source.SINGLE, "package": package, **facts}
    return issuing.issue(package.router, issuing.terms_of(package), **options)


def a_voucher(router):
    return make_voucher(PackageFactory(router=router))


def a_batch(router, count=2):
    return issuing.issue_batch(PackageFactory(router=router), count, user=UserFactory())


class LoginFactory(DjangoModelFactory):
    """Somebody who was online at a router."""

    class Meta:
        model = Login

    router = factory.SubFactory(RouterFactory)
    company = factory.SelfAttribute("router.company")
    kind = Login.Kind.OTHER
    name = "guest"
    at = factory.LazyFunction(timezone.now)
    ended_at = factory.LazyFunction(timezone.now)
