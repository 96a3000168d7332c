"""Shapes of `/routers/{id}/plan/` and `/routers/{id}/reconcile/`."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cloudpilot.jobs.examples import JOB
from cloudpilot.jobs.serializers import JobSerializer
from cloudpilot.serializers import StrictSerializer
from routers.reconcile.changes import Action, Plan
from routers.reconcile.passes import View

_EXAMPLE_PROBLEM = {
    "menu": "/ip/hotspot/user",
    "key": "cp:voucher:18",
    "code": "name_taken",
    "sentence": "this name and server all is taken by a row that is not ours.",
}
_EXAMPLE_PLAN = {
    "router_id": 1,
    "is_clean": False,
    "summary": {"add": 0, "set": 1, "move": 0, "remove": 0},
    "changes": [
        {
            "action": "set",
            "menu": "/ip/hotspot/user",
            "key": "cp:voucher:17",
            "id": "*1A",
            "attributes": {"limit-uptime": {"from": "1h", "to": "2h"}},
            "reason": "limit-uptime is 1h, should be 2h",
            "is_risky": False,
        }
    ],
    "problems": [_EXAMPLE_PROBLEM],
    "is_held_back": False,
    "desired_version": 42,
    "applied_version": 41,
    "drift_repaired": 3,
    "last_pass_at": "2026-11-21T08:00:00Z",
    "last_success_at": "2026-11-21T07:45:00Z",
    "last_error": "",
    "last_problems": [_EXAMPLE_PROBLEM],
}


class PlanQuery(serializers.Serializer):
    limit = serializers.IntegerField(
        min_value=0, max_value=10_000, default=1000, help_text="Changes to show; all are counted."
    )


class ProblemAnswer(serializers.Serializer):
    menu = serializers.CharField()
    key = serializers.CharField(allow_blank=True, help_text="the row's mark; empty: the whole menu")
    code = serializers.CharField(
        help_text="name_taken, menu_missing, not_readable, refused, not_kept, not_armed, reverted"
    )
    sentence = serializers.CharField()


class ValuesAnswer(serializers.Serializer):
    to = serializers.CharField(allow_null=True, help_text="null: unset")

    def get_fields(self) -> dict[str, serializers.Field]:
        # Not as an attribute: it is a word of Python's.
        shown = serializers.CharField(allow_null=True, help_text="null: unset, or not shown")
        return {"from": shown, **super().get_fields()}


class ChangeAnswer(serializers.Serializer):
    action = serializers.ChoiceField(choices=[(a.value, a.value) for a in Action])
    menu = serializers.CharField()
    key = serializers.CharField(help_text="the row's mark")
    id = serializers.CharField(allow_null=True, help_text="the router's; null before it is added")
    attributes = serializers.DictField(child=ValuesAnswer(), help_text="secrets are masked")
    reason = serializers.CharField()
    is_risky = serializers.BooleanField(help_text="whether it can cut the connection")


class SummaryAnswer(serializers.Serializer):
    add = serializers.IntegerField()
    set = serializers.IntegerField()
    move = serializers.IntegerField()
    remove = serializers.IntegerField()


@extend_schema_serializer(
    examples=[OpenApiExample("One change", response_only=True, value=_EXAMPLE_PLAN)]
)
class PlanAnswer(serializers.Serializer):
    router_id = serializers.IntegerField()
    is_clean = serializers.BooleanField()
    summary = SummaryAnswer()
    changes = ChangeAnswer(many=True)
    problems = ProblemAnswer(many=True, help_text="what cannot be had, as things stand")
    is_held_back = serializers.BooleanField(
        help_text="whether the router took back what can cut the connection, and it is not retried"
    )
    desired_version = serializers.IntegerField()
    applied_version = serializers.IntegerField()
    drift_repaired = serializers.IntegerField(help_text="changes by other hands that were undone")
    last_pass_at = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)
    last_problems = ProblemAnswer(many=True)


def plan_answer(view: View, plan: Plan, *, limit: int) -> dict[str, Any]:
    row = view.row
    return {
        "router_id": view.router.pk,
        "is_clean": plan.is_clean,
        "summary": plan.summary(),
        "changes": [{**c.shown(), "is_risky": c.is_risky} for c in plan.changes[:limit]],
        "problems": [asdict(problem) for problem in plan.problems],
        "is_held_back": view.is_taken_back,
        "desired_version": row.desired_version,
        "applied_version": row.applied_version,
        "drift_repaired": row.drift_repaired,
        "last_pass_at": row.last_pass_at,
        "last_success_at": row.last_success_at,
        "last_error": row.error,
        "last_problems": row.problems,
    }


@extend_schema_serializer(
    examples=[
        OpenApiExample("A pass", request_only=True, value={}),
        OpenApiExample(
            "Also what was taken back", request_only=True, value={"retry_reverted": True}
        ),
    ]
)
class PassSerializer(StrictSerializer):
    retry_reverted = serializers.BooleanField(
        default=False, help_text="try again what the router took back because it cut us off"
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Queued",
            response_only=True,
            status_codes=["202"],
            value={"router_id": 1, "job": JOB[0].value},
        )
    ]
)
class PassAnswer(serializers.Serializer):
    router_id = serializers.IntegerField()
    job = JobSerializer()
