from django.contrib import admin

from cloudpilot.admin import ReadOnlyAdmin
from networks.models import AccessKey, Gateway, Network, Node, Onboarding


@admin.register(Network)
class NetworkAdmin(ReadOnlyAdmin):
    list_display = ("netid", "company", "address_range", "address_range6", "topology", "created_at")
    list_select_related = ("company",)
    search_fields = ("netid", "company__public_id")
    show_full_result_count = False


@admin.register(AccessKey)
class AccessKeyAdmin(ReadOnlyAdmin):
    list_display = ("name", "network", "uses_left", "used", "expires_at", "last_used_at")
    list_select_related = ("network",)
    show_full_result_count = False


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    list_display = ("name", "network", "mac_address", "address", "router", "is_pending",
                    "sync_state", "last_handshake_at")  # fmt: skip
    list_filter = ("sync_state", "is_pending")
    list_select_related = ("network", "router")
    search_fields = ("name", "mac_address", "network__netid")
    exclude = ("password",)
    show_full_result_count = False


@admin.register(Gateway)
class GatewayAdmin(ReadOnlyAdmin):
    list_display = ("node", "ranges", "interface", "nat", "created_at")
    list_select_related = ("node",)
    show_full_result_count = False


@admin.register(Onboarding)
class OnboardingAdmin(ReadOnlyAdmin):
    list_display = ("node", "fetched_at", "polled_at", "reported_at", "version", "board")
    list_select_related = ("node",)
    exclude = ("held_rows",)
    show_full_result_count = False
