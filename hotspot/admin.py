from django.contrib import admin

from cloudpilot.admin import ReadOnlyAdmin
from hotspot.models import Batch, Login, Package, Voucher


@admin.register(Package)
class PackageAdmin(ReadOnlyAdmin):
    list_display = ("name", "router", "company", "price", "currency", "is_active", "retired_at")
    list_select_related = ("router", "company")
    search_fields = ("name", "router__name", "company__public_id")
    show_full_result_count = False


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    """Without codes: whoever may see this need not be the one who sells them."""

    list_display = ("id", "router", "package_id", "source", "first_login_at", "expires_at",
                    "revoked_at")  # fmt: skip
    list_filter = ("source",)
    list_select_related = ("router",)
    exclude = ("code_index",)
    show_full_result_count = False


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "router", "package", "count", "user_name", "created_at")
    list_select_related = ("router", "package")
    show_full_result_count = False


@admin.register(Login)
class LoginAdmin(ReadOnlyAdmin):
    list_display = ("id", "router", "kind", "mac_address", "at", "ended_at")
    list_filter = ("kind",)
    list_select_related = ("router",)
    show_full_result_count = False
