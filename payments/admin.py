from django.contrib import admin

from cloudpilot.admin import ReadOnlyAdmin
from payments.models import (
    Channel,
    Credentials,
    Delivery,
    Endpoint,
    LedgerEntry,
    Payment,
    Refund,
    Transition,
    WebhookEvent,
)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Without the guest: whoever may see this need not be the one who sold."""

    list_display = ("public_id", "company", "router_name", "package_name", "provider",
                    "environment", "state", "amount", "currency", "created_at")  # fmt: skip
    list_filter = ("provider", "environment", "state")
    list_select_related = ("company",)
    search_fields = ("public_id", "provider_ref", "provider_receipt", "company__public_id")
    exclude = ("pay_url", "mac_address", "ip_address")
    show_full_result_count = False


@admin.register(Credentials)
class CredentialsAdmin(ReadOnlyAdmin):
    """Without the keys, and without the address by which webhooks come in."""

    list_display = ("id", "company", "provider", "environment", "label", "is_active", "webhook_at",
                    "deleted_at")  # fmt: skip
    list_filter = ("provider", "environment", "is_active")
    list_select_related = ("company",)
    search_fields = ("company__public_id", "label")
    exclude = ("webhook_token", "webhook_index")
    show_full_result_count = False


@admin.register(Transition)
class TransitionAdmin(ReadOnlyAdmin):
    list_display = ("payment", "number", "before", "after", "reason", "actor_name", "created_at")
    list_select_related = ("payment",)
    search_fields = ("payment__public_id",)
    show_full_result_count = False


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "payment", "amount", "state", "failure", "user_name", "created_at")
    list_filter = ("state",)
    list_select_related = ("payment",)
    search_fields = ("public_id", "payment__public_id")
    show_full_result_count = False


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "company", "payment", "kind", "amount", "currency", "provider",
                    "environment", "created_at")  # fmt: skip
    list_filter = ("kind", "provider", "environment")
    list_select_related = ("company", "payment")
    search_fields = ("payment__public_id", "company__public_id", "reference")
    show_full_result_count = False


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Without bodies: they name guests."""

    list_display = ("id", "credentials", "state", "reason", "attempts", "deliveries", "received_at")
    list_filter = ("state",)
    list_select_related = ("credentials",)
    exclude = ("body", "headers", "query")
    show_full_result_count = False


class ListenerAdmin(ReadOnlyAdmin):
    """Without where it leads: addresses of systems may hold keys."""

    list_display = ("public_id", "company", "description", "is_active", "ended_because", "failures",
                    "last_failure", "failing_since", "paused_until")  # fmt: skip
    list_filter = ("is_active", "ended_because")
    list_select_related = ("company",)
    search_fields = ("public_id", "company__public_id", "description")


@admin.register(Endpoint)
class EndpointAdmin(ListenerAdmin):
    exclude = ("url",)


@admin.register(Channel)
class ChannelAdmin(ListenerAdmin):
    exclude = ("addresses", "chat_id")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "company", "endpoint", "kind", "state", "attempts", "due_at",
                    "created_at", "ended_at")  # fmt: skip
    list_filter = ("state", "kind")
    list_select_related = ("company", "endpoint")
    search_fields = ("public_id", "message_id", "company__public_id")
    show_full_result_count = False
