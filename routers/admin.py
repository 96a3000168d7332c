from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from cloudpilot.admin import ReadOnlyAdmin
from routers.models import CommandLog, Reconciliation, Router, RouterEvent


@admin.register(Router)
class RouterAdmin(admin.ModelAdmin):
    """Routers are added through the API, which asks for the password; the console never shows it."""

    list_display = ("public_id", "name", "company", "host", "port", "is_online", "last_checked")
    list_filter = ("is_online", "is_active")
    list_select_related = ("company",)
    search_fields = ("public_id", "name", "host", "company__public_id")
    fields = ("public_id", "company", "name", "host", "port", "username", "use_https",
              "chosen_transport", "tls_fingerprint", "location", "time_zone", "is_active",
              "is_online", "last_checked", "created_at", "updated_at")  # fmt: skip
    readonly_fields = ("public_id", "company", "host", "port", "username", "use_https",
                       "chosen_transport", "is_online", "last_checked", "created_at",
                       "updated_at")  # fmt: skip
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CommandLog)
class CommandLogAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user_name", "router_name", "command", "outcome")
    list_filter = ("outcome",)
    search_fields = ("user_name", "router_name", "command")
    show_full_result_count = False


@admin.register(RouterEvent)
class RouterEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "router", "company", "kind")
    list_filter = ("kind",)
    list_select_related = ("router", "company")
    search_fields = ("router__public_id", "company__public_id")
    show_full_result_count = False


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = ("router", "desired_version", "applied_version", "last_pass_at", "due_at",
                    "drift_repaired", "error", "holder")  # fmt: skip
    list_select_related = ("router",)
    search_fields = ("router__public_id", "router__name")
    show_full_result_count = False
