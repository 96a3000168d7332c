from typing import Any

from corsheaders.signals import check_request_enabled
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(check_request_enabled)
def portal_pages_may_call(sender: Any, request: HttpRequest, **kwargs: Any) -> bool:
    """Let a page of any origin call `/portal/…`.

    A captive portal is served by each router under a name of its own, and its key is in the
    page. No cookie counts here, so a foreign page gains nothing by a visitor's browser.
    """
    return request.path_info.startswith("/portal/")
