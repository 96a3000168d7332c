from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import models
from django.http import HttpRequest

from cloudpilot.admin import ReadOnlyAdmin
from users import tokens
from users.forms import ConsoleLoginForm
from users.models import ApiKey, Company, Membership, Profile, User

admin.site.login_form = ConsoleLoginForm


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    list_display = ("username", "email", "is_active", "is_superuser", "date_joined")
    list_filter = ("is_active", "is_superuser")
    show_full_result_count = False

    def save_model(
        self, request: HttpRequest, user: User, form: forms.ModelForm, change: bool
    ) -> None:
        super().save_model(request, user, form, change)
        if not user.is_active:  # so that they do not live again when the user is enabled again
            tokens.end_all(user)


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):
    list_display = ("user", "website", "updated_at")
    raw_id_fields = ("user",)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    show_full_result_count = False


class MembershipInline(admin.TabularInline):
    model = Membership
    raw_id_fields = ("user",)
    extra = 0


@admin.register(Company)
class CompanyAdmin(admin.ModelAdmin):
    list_display = ("public_id", "name", "contact_email", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("public_id", "name", "contact_email")
    readonly_fields = ("public_id", "created_at", "updated_at")
    inlines = (MembershipInline,)
    show_full_result_count = False


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("public_key", "name", "user", "created_at", "last_used_at", "revoked_at")
    exclude = ("private_key_digest",)
    search_fields = ("public_key", "user__username")
    show_full_result_count = False
