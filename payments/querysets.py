from typing import Self

from django.apps import apps
from django.db.models import Prefetch

from cloudpilot.tenancy import OwnedQuerySet


class CredentialsQuerySet(OwnedQuerySet):
    def kept(self) -> Self:
        """Keep those that nobody has deleted."""
        return self.filter(deleted_at=None)

    def active(self) -> Self:
        """Keep those that guests may pay into."""
        return self.kept().filter(is_active=True)

    def with_keys(self) -> Self:
        """Fetch the versions in use along, for `Credentials.in_use`."""
        versions = apps.get_model("payments", "CredentialsVersion")
        in_use = versions._default_manager.filter(replaced_at=None)
        return self.prefetch_related(Prefetch("versions", in_use, to_attr="fetched_in_use"))
