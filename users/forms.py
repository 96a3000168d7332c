from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from cloudpilot.errors import TooManyRequests
from users import services
from users.errors import InvalidCredentials


class ConsoleLoginForm(AdminAuthenticationForm):
    """The console's login: the same check, and the same limits, as the API's."""

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if username and password:
            try:
                self.user_cache = services.check_credentials(self.request, username, password)
            except InvalidCredentials as exc:
                raise self.get_invalid_login_error() from exc
            except TooManyRequests as exc:
                raise ValidationError(str(exc), code="too_many_requests") from exc
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data
