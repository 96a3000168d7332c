from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from cloudpilot.models import AuditEvent, Job, Worker


class ReadOnlyAdmin(admin.ModelAdmin):
    """A page to look at: what it shows is written by the product alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "actor_name", "action", "subject", "company", "address")
    list_filter = ("action",)
    search_fields = ("actor_name", "subject", "company")
    show_full_result_count = False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "task", "state", "tenant", "due_at", "attempts", "error")
    list_filter = ("state", "task")
    search_fields = ("public_id", "task", "unique_key", "lock_key")
    show_full_result_count = False


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("name", "threads", "started_at", "seen_at")
    search_fields = ("name",)
