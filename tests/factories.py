"""Rows for tests. A factory's default belongs to a stranger, so access tests are short."""

import json
import secrets

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from cloudpilot.jobs.models import Job
from cloudpilot.tenancy import Role
from hotspot import issuing
from hotspot.models import GuestGateway, GuestUser, Login, Package, Voucher
from networks import allocation
from networks.models import AccessKey, HubProcess, Network, Node
from networks.models.key import digest_of as key_digest_of
from networks.wireguard import new_private_key, public_key_of
from payments import receipts, settling, terms
from payments.credentials.services import webhook_index
from payments.gateways.base import Charge, Outcome
from payments.models import (
    Channel,
    Credentials,
    CredentialsVersion,
    Delivery,
    Endpoint,
    Notice,
    Payment,
)
from payments.notifications import signing
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


class CredentialsFactory(DjangoModelFactory):
    """A stranger's account at Kopo Kopo's sandbox, with one version of keys; `owner=user`: theirs."""

    class Meta:
        model = Credentials
        skip_postgeneration_save = True

    class Params:
        owner = None

    company = factory.LazyAttribute(
        lambda row: row.owner.personal_company if row.owner else CompanyFactory()
    )
    provider = "kopokopo"
    named = factory.SelfAttribute("provider")
    environment = "sandbox"
    webhook_token = factory.LazyFunction(lambda: secrets.token_urlsafe(32))
    webhook_index = factory.LazyAttribute(lambda row: webhook_index(row.webhook_token))

    @factory.post_generation
    def keys(self, create, extracted, **kwargs):
        """`keys=` is a body of `POST /payments/credentials/`, such as the simulator hands out."""
        CredentialsVersionFactory(credentials=self, **_as_columns(extracted or {}), **kwargs)


def _as_columns(keys):
    columns = {name: keys[name] for name in ("api_key", "private_key") if name in keys}
    return columns | ({"extra": json.dumps(keys["extra"])} if "extra" in keys else {})


class CredentialsVersionFactory(DjangoModelFactory):
    """The next version of keys; the one before is replaced."""

    class Meta:
        model = CredentialsVersion

    credentials = factory.SubFactory(CredentialsFactory)
    number = factory.LazyAttribute(lambda row: row.credentials.versions.count() + 1)
    environment = factory.SelfAttribute("credentials.environment")
    api_key = "public-half"
    private_key = "secret-half"
    extra = "{}"
    last4 = factory.LazyAttribute(lambda row: row.private_key[-4:])
    fingerprint = "0" * 12

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        now = timezone.now()
        kwargs["credentials"].versions.filter(replaced_at=None).update(replaced_at=now)
        return super()._create(model_class, *args, **kwargs)


def account_of(company):
    """Return an account that the company has, or else a new one."""
    return company.payment_credentials.first() or CredentialsFactory(company=company)


class PaymentFactory(DjangoModelFactory):
    """What a guest is about to pay for a package, as a purchase leaves it: nothing was sent yet.

    A stranger's, or of the `package`'s or `credentials`' company.
    """

    class Meta:
        model = Payment

    credentials = factory.LazyAttribute(lambda row: account_of(row.package.company))
    package = factory.SubFactory(PackageFactory)
    package_name = factory.SelfAttribute("package.name")
    router = factory.SelfAttribute("package.router")
    router_name = factory.SelfAttribute("router.name")
    company = factory.SelfAttribute("package.company")
    terms = factory.LazyAttribute(lambda row: terms.to_json(issuing.terms_of(row.package)))
    provider = factory.SelfAttribute("credentials.provider")
    environment = factory.SelfAttribute("credentials.environment")
    credentials_version = factory.LazyAttribute(
        lambda row: row.credentials.versions.get(replaced_at=None)
    )
    amount = factory.SelfAttribute("package.price")
    currency = factory.SelfAttribute("package.currency")
    phone = "+254712345678"
    receipt = factory.LazyFunction(receipts.new)
    receipt_index = factory.LazyAttribute(lambda row: receipts.index(row.receipt))


class PaidFactory(PaymentFactory):
    """A payment that its provider says is made: with its voucher, its entry and its steps."""

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        payment = super()._create(model_class, *args, **kwargs)
        return settling.apply(payment.pk, said(payment), source="webhook")


def said(payment, outcome=Outcome.SUCCEEDED, **more):
    """Return what a provider says of a payment's charge: by default that all of it was paid."""
    ref = payment.provider_ref or f"charge-{payment.pk}"
    return Charge(outcome, **{"provider_ref": ref, "amount": payment.amount} | more)


class EndpointFactory(DjangoModelFactory):
    """A stranger's address for webhooks; `owner=user`: theirs."""

    class Meta:
        model = Endpoint

    class Params:
        owner = None

    company = factory.LazyAttribute(
        lambda row: row.owner.personal_company if row.owner else CompanyFactory()
    )
    url = "https://books.example.com/cloudpilot"
    kinds = factory.LazyFunction(lambda: list(Notice.Kind.values))
    secret = factory.LazyFunction(signing.new_secret)


class DeliveryFactory(DjangoModelFactory):
    """A ping that waits."""

    class Meta:
        model = Delivery

    endpoint = factory.SubFactory(EndpointFactory)
    company = factory.SelfAttribute("endpoint.company")
    message_id = factory.Sequence("MSG_{:024X}".format)
    kind = "ping"


class ChannelFactory(DjangoModelFactory):
    """A stranger's chat of Telegram; `owner=user`: theirs."""

    class Meta:
        model = Channel

    class Params:
        owner = None

    company = factory.LazyAttribute(
        lambda row: row.owner.personal_company if row.owner else CompanyFactory()
    )
    medium = Channel.Medium.TELEGRAM
    kinds = factory.LazyFunction(lambda: list(Notice.Kind.values))
    chat_id = "-1001234567890"
    bot_token = "123456789:made-up-token-of-a-bot-000000000000"


class NetworkFactory(DjangoModelFactory):
    """A stranger's network; `owner=user` puts it in that user's personal company."""

    class Meta:
        model = Network

    class Params:
        owner = None

    netid = factory.Sequence(lambda n: f"mesh{n}")
    display_name = factory.SelfAttribute("netid")
    default_interface = factory.LazyAttribute(lambda row: f"nm-{row.netid}")
    address_range = "10.70.0.0/16"
    company = factory.LazyAttribute(
        lambda row: row.owner.personal_company if row.owner else CompanyFactory()
    )


class AccessKeyFactory(DjangoModelFactory):
    """A key of a stranger's network that opens it once; `value=` is what devices show."""

    class Meta:
        model = AccessKey

    class Params:
        value = "aA3bVG0rnItIRXDx"

    network = factory.SubFactory(NetworkFactory)
    name = factory.Sequence(lambda n: f"key{n}")
    value_digest = factory.LazyAttribute(lambda row: key_digest_of(row.value))


class NodeFactory(DjangoModelFactory):
    """A plain peer in a stranger's network, approved, with a public key and a lease.

    `router=` makes it that router's. Addresses are handed out from 1 on, a node each.
    """

    class Meta:
        model = Node

    network = factory.SubFactory(NetworkFactory)
    mac_address = factory.Sequence(lambda n: bytes([2, *n.to_bytes(5, "big")]).hex(":"))
    name = factory.Sequence(lambda n: f"node-{n}")
    public_key = factory.LazyFunction(lambda: public_key_of(new_private_key()))
    has_valid_key = factory.LazyAttribute(lambda row: bool(row.public_key))
    listen_port = factory.SelfAttribute("network.default_listen_port")
    interface = factory.SelfAttribute("network.default_interface")
    keepalive = factory.SelfAttribute("network.default_keepalive")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        network = kwargs["network"]
        if "address" not in kwargs:
            lease = allocation.lease(network, kwargs["mac_address"])
            kwargs.update(network.addresses_at(lease.number))
        return super()._create(model_class, *args, **kwargs)


class HubProcessFactory(DjangoModelFactory):
    """The process that brings this installation's host into networks, alive; there is one."""

    class Meta:
        model = HubProcess
        django_get_or_create = ("pk",)

    pk = HubProcess.ONLY
    holder = "cloud-1-0f0f0f0f"
    host = "cloud"
    seen_at = factory.LazyFunction(timezone.now)
