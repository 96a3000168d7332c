"""What a router's fields must be, whichever API family names them."""

from typing import Any

from rest_framework import serializers

from cloudpilot import hosts


class RouterFieldRules(serializers.Serializer):
    """Rules for serializers of routers; they hold for the model's fields, not for wire names."""

    def validate_host(self, host: str) -> str:
        if self.instance is not None and host == self.instance.host:
            return host  # whoever sends a whole router back need not be allowed to choose it anew
        try:
            return hosts.check_spelling(host)
        except hosts.HostNotAllowed as exc:
            raise serializers.ValidationError(str(exc)) from exc

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        host = attrs.get("host", getattr(self.instance, "host", ""))
        port = attrs.get("port", getattr(self.instance, "port", 0))
        try:
            hosts.check_endpoint(host, port)
        except hosts.HostNotAllowed as exc:
            raise serializers.ValidationError({"host": [str(exc)]}) from exc
        return attrs


class RouterPasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        options = {"max_length": 255, "trim_whitespace": False, "write_only": True}
        super().__init__(**{**options, "style": {"input_type": "password"}, **kwargs})
