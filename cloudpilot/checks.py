from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def keys_are_set(**kwargs: Any) -> list[Error]:
    """A key that was made on first use lives and dies with one machine's disk."""
    return [
        Error(
            f"{name} is not set; the one in use was made on first use in STATE_DIR.",
            hint="Set it in the environment, the same on every machine, and keep a copy.",
            id="cloudpilot.E001",
        )
        for name in settings.GENERATED_KEYS
    ]


@register(Tags.security, deploy=True)
def keys_differ(**kwargs: Any) -> list[Error]:
    keys = [settings.SECRET_KEY, settings.JWT_SIGNING_KEY, settings.ROUTER_KEY_SECRET]
    if len(set(keys)) == len(keys):
        return []
    return [
        Error(
            "SECRET_KEY, JWT_SIGNING_KEY and ROUTER_KEY_SECRET must differ from each other.",
            id="cloudpilot.E002",
        )
    ]


@register
def celery_is_installed(**kwargs: Any) -> list[Error]:
    """It is no part of requirements.txt, as most installations need no broker."""
    if not settings.CELERY_BROKER_URL or find_spec("celery"):
        return []
    return [
        Error(
            "CELERY_BROKER_URL is set, but Celery is not installed.",
            hint="pip install -r requirements-celery.txt",
            id="cloudpilot.E003",
        )
    ]
