from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from cloudpilot.tenancy import Role
from networks.api import MeshView
from networks.callers import NodeCaller
from networks.fields import unix
from networks.models import Node
from networks.onboarding import desired, polling, progress, services
from networks.onboarding.errors import ForTheNodeItself
from networks.onboarding.progress import Progress
from networks.onboarding.serializers import (
    AboutSerializer,
    DesiredSerializer,
    OnboardingSerializer,
    ReportedSerializer,
    ReportSerializer,
)

_SCRIPT = OpenApiResponse(
    OpenApiTypes.STR,
    "A script for `/import`.",
    examples=[OpenApiExample("Its head", value="# CloudPilot\n:global CloudPilotHeld17\n")],
)
_UNCHANGED = OpenApiResponse(description="The router holds this version.")


class OnboardingViewSet(MeshView, ViewSet):
    """How a node's router comes to be managed, and what it asks while we cannot reach it."""

    tag = "mesh-nodes"
    for_nodes = ("progress", "account", "desired", "script", "report")
    # What a router should hold has the codes of vouchers in it.
    action_roles = {"desired": Role.OPERATOR, "script": Role.OPERATOR}
    error_statuses = {
        "account": ("409",),
        "desired": ("409",),
        "script": ("409",),
        "report": ("409",),
    }

    @extend_schema(operation_id="mesh_onboarding", responses=OnboardingSerializer)
    def progress(self, request: Request, netid: str, mac: str) -> Response:
        """Show how far a router has come, step by step, and what to do about the first that fails."""
        node = self.get_node()
        return Response(_shown(node, progress.progress_of(node)))

    @extend_schema(
        operation_id="mesh_onboarding_account",
        request=AboutSerializer,
        responses={(200, "text/plain"): _SCRIPT},
    )
    def account(self, request: Request, netid: str, mac: str) -> HttpResponse:
        """Take the node's device in as a router; answers the script that lets us log in.

        For the node itself. Each answer has a new password, and the one before is void.
        """
        node = self._own_node()
        body = AboutSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return _script(services.take_in(node, seen=body.seen(), **body.facts()))

    @extend_schema(
        operation_id="mesh_onboarding_desired",
        responses={200: DesiredSerializer, 304: _UNCHANGED, (200, "text/plain"): _SCRIPT},
    )
    def desired(self, request: Request, netid: str, mac: str) -> Any:
        """Show what the node's router should hold: rows, or a script if `Accept` is `text/plain`."""
        if request.headers.get("Accept", "").partition(";")[0].strip() == "text/plain":
            return self.script(request, netid, mac)
        node = self.get_node()
        state = desired.state_of(node, polling.router_of(node))
        if _known(request) == state.version:
            return _unchanged(state.version)
        rows = [desired.as_json(row) for row in state.rows]
        shown = {"version": state.version, "left_out": sorted(state.left_out), "rows": rows}
        return _private(Response(shown), state.version)

    @extend_schema(
        operation_id="mesh_onboarding_script",
        responses={(200, "text/plain"): _SCRIPT, 304: _UNCHANGED},
    )
    def script(self, request: Request, netid: str, mac: str) -> HttpResponse:
        """Answer the script that makes the node's router what it should be, however often it runs.

        The node itself gets what is new since the version that it says it has, and next to nothing
        while we reach the router and write to it ourselves. People get the whole.
        """
        node = self.get_node()
        if not isinstance(request.user, NodeCaller):
            return _script(polling.whole_script(node))
        answer = polling.ask(node, _known(request))
        if answer.script is None:
            return _unchanged(answer.version)
        return _private(_script(answer.script), answer.version)

    @extend_schema(
        operation_id="mesh_onboarding_report",
        request=ReportSerializer,
        responses={200: ReportedSerializer},
    )
    def report(self, request: Request, netid: str, mac: str) -> Response:
        """Take down what a router says it holds, its public key, and how its tunnels are.

        For the node itself.
        """
        node = self._own_node()
        body = ReportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response({"held": polling.note(node, body.report())})

    def _own_node(self) -> Node:
        node = self.get_node()
        if not isinstance(self.request.user, NodeCaller):
            raise ForTheNodeItself("This is for the node itself, which shows its token.")
        return node


def _shown(node: Node, found: Progress) -> dict[str, Any]:
    own, age, failing = found.onboarding, found.handshake_age, found.failing
    return {
        "macaddress": node.mac_address,
        "network": node.network.netid,
        "done": failing is None,
        "failing": failing.name if failing else None,
        "handshakeage": int(age.total_seconds()) if age is not None else None,
        "routeros": own.version if own else "",
        "board": own.board if own else "",
        "steps": [
            {
                "name": step.name,
                "done": step.is_done,
                "at": unix(step.at),
                "hint": step.hint,
            }
            for step in found.steps
        ],
        "poll": {
            "asked": unix(own.polled_at if own else None),
            "reported": unix(own.reported_at if own else None),
            "failed": own.failed if own else [],
        },
    }


def _known(request: Request) -> str:
    """Return the version that the caller has, by `If-None-Match`."""
    return request.headers.get("If-None-Match", "").strip().removeprefix("W/").strip('"')


def _script(text: str) -> HttpResponse:
    return _private(HttpResponse(text, content_type="text/plain; charset=utf-8"))


def _unchanged(version: str) -> HttpResponse:
    return _private(HttpResponse(status=304), version)


def _private(answer: Any, version: str = "") -> Any:
    """Keep an answer out of caches: there are passwords and codes in it."""
    answer["Cache-Control"] = "no-store"
    if version:
        answer["ETag"] = f'"{version}"'
    return answer
