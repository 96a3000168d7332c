"""What Django's checks say of how this product is set up to take money."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connections

from payments.models import Credentials


@register(Tags.security, deploy=True)
def providers_are_the_real_ones(**kwargs: Any) -> list[Error]:
    """Who deploys means money; a simulator takes none and says that it did."""
    return [
        Error(
            f"{slug.upper()}_BASE_URL is set: this provider would not be asked, but {url}.",
            hint="Unset it. It is for the simulated providers alone.",
            id="payments.E001",
        )
        for slug, url in settings.PROVIDER_BASE_URLS.items()
        if url
    ]


@register(Tags.database)
def live_keys_go_to_the_real_ones(databases: Any = None, **kwargs: Any) -> list[Error]:
    """Live keys are for no one but the provider, so `migrate` ends here with a simulator set."""
    slugs = sorted(slug for slug, url in settings.PROVIDER_BASE_URLS.items() if url)
    if not slugs or "default" not in (databases or ()):
        return []
    return [
        Error(
            f"There are live keys of {slug}, and {slug.upper()}_BASE_URL is set.",
            hint="Unset it, or use a database without live keys.",
            id="payments.E002",
        )
        for slug in slugs
        if _has_live_keys(slug)
    ]


def _has_live_keys(slug: str) -> bool:
    if Credentials._meta.db_table not in connections["default"].introspection.table_names():
        return False
    live = Credentials.objects.filter(provider=slug, environment="live", deleted_at=None)
    return live.exists()
