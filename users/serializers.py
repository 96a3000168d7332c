from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cloudpilot.serializers import NamedRelatedField, StrictModelSerializer, StrictSerializer
from cloudpilot.tenancy import Role
from users import services
from users.examples import COMPANY, MEMBER
from users.models import ApiKey, Company, Membership, Profile, User

PRIVATE_KEY_NOTE = "Store your private key securely — it won't be shown again."
MAX_PASSWORD = 1024  # hashing is work: a megabyte of password would be a way to make us do it


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        options = {"max_length": MAX_PASSWORD, "trim_whitespace": False, "write_only": True}
        super().__init__(**{**options, "style": {"input_type": "password"}, **kwargs})


class UsernameField(serializers.CharField):
    """A name in its normal form (NFKC), which can be longer than what was typed."""

    def to_internal_value(self, data: Any) -> str:
        return User.normalize_username(super().to_internal_value(data))


class RegisterSerializer(StrictSerializer):
    username = UsernameField(max_length=150, validators=[UnicodeUsernameValidator()])
    email = serializers.EmailField(max_length=254)
    password = PasswordField()

    def validate_username(self, username: str) -> str:
        if User.objects.filter(username=username).exists():
            raise serializers.ValidationError("A user with that username already exists.")
        return username

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = User(username=attrs["username"], email=attrs["email"])
        try:
            services.check_new_password(attrs["password"], user)
        except serializers.ValidationError as exc:
            raise serializers.ValidationError({"password": exc.detail}) from exc
        return attrs


class LoginSerializer(StrictSerializer):
    username = UsernameField(max_length=150, trim_whitespace=False)
    password = PasswordField()


class KeyLoginSerializer(StrictSerializer):
    public_key = serializers.CharField(max_length=255)
    private_key = serializers.CharField(max_length=255, write_only=True)


class RefreshSerializer(StrictSerializer):
    refresh_token = serializers.CharField(max_length=4096)


class LogoutSerializer(RefreshSerializer):
    all = serializers.BooleanField(default=False, help_text="end every token of the user")


class PasswordSerializer(StrictSerializer):
    current_password = PasswordField()
    new_password = PasswordField()

    def validate_new_password(self, password: str) -> str:
        services.check_new_password(password, self.context["request"].user)
        return password


class ProfileSerializer(StrictModelSerializer):
    website = serializers.URLField(max_length=200, required=False, allow_blank=True)

    class Meta:
        model = Profile
        fields = ("bio", "website", "created_at", "updated_at")

    def validate_website(self, url: str) -> str:
        if url and not url.lower().startswith(("http://", "https://")):
            raise serializers.ValidationError("Give an http or https URL.")
        return url


class ApiKeySerializer(StrictModelSerializer):
    class Meta:
        model = ApiKey
        fields = ("id", "name", "public_key", "created_at", "last_used_at", "revoked_at")
        read_only_fields = ("public_key", "created_at", "last_used_at", "revoked_at")


class NewKeySerializer(StrictSerializer):
    name = serializers.CharField(max_length=100, default="API key")


@extend_schema_serializer(examples=COMPANY)
class CompanySerializer(StrictModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    colour = serializers.RegexField(
        "^#[0-9a-fA-F]{6}$", max_length=7, required=False, help_text="of what guests get to see"
    )
    is_personal = serializers.SerializerMethodField()

    class Meta:
        model = Company
        fields = (
            "id", "name", "contact_email", "contact_phone", "colour", "is_active", "is_personal",
            "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("is_active",)

    def get_is_personal(self, company: Company) -> bool:
        return company.personal_owner_id is not None


@extend_schema_serializer(examples=MEMBER)
class MembershipSerializer(StrictModelSerializer):
    user_id = serializers.IntegerField(read_only=True)
    username = NamedRelatedField(
        source="user",
        slug_field="username",
        queryset=User.objects.filter(is_active=True),
        error_messages={"does_not_exist": "There is no such user."},
    )
    role = serializers.ChoiceField(choices=Role.choices)

    create_only_fields = ("username",)

    class Meta:
        model = Membership
        fields = ("id", "user_id", "username", "role", "created_at")


# --- Answers: their shapes, for the OpenAPI document ----------------------------------------


class NewPairAnswer(serializers.Serializer):
    """A pair at the only moment when its private half is known."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    public_key = serializers.CharField()
    private_key = serializers.CharField(allow_null=True, help_text="null when replayed")
    message = serializers.CharField()


class RegisterAnswer(serializers.Serializer):
    message = serializers.CharField()
    user_id = serializers.IntegerField()
    api_key = NewPairAnswer()
    note = serializers.CharField()


class KeyAnswer(serializers.Serializer):
    message = serializers.CharField()
    public_key = serializers.CharField()
    private_key = serializers.CharField(allow_null=True, help_text="null when replayed")
    api_key = NewPairAnswer()


class TokenAnswer(serializers.Serializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()


class LoginAnswer(TokenAnswer):
    user_id = serializers.IntegerField()
    username = serializers.CharField()


class KeyLoginAnswer(LoginAnswer):
    message = serializers.CharField()


class KeysAnswer(serializers.Serializer):
    public_key = serializers.CharField(allow_null=True, help_text="the newest usable one")
    keys = ApiKeySerializer(many=True)


class MessageAnswer(serializers.Serializer):
    message = serializers.CharField()
