from django.conf import settings
from django.db import models

from cloudpilot.jobs.models import Job, Schedule, Worker

__all__ = ["AuditEvent", "IdempotentAnswer", "Job", "RateCounter", "Schedule", "Worker"]


class RateCounter(models.Model):
    """One subject's use of one limit in the current window; written by `limits` alone."""

    key = models.CharField(max_length=64, primary_key=True)
    ends_at = models.DateTimeField()
    spent = models.PositiveIntegerField()
    held = models.PositiveIntegerField(help_text="attempts under way that may still be given back")

    def __str__(self) -> str:
        return f"{self.spent} until {self.ends_at:%H:%M:%S}"


class IdempotentAnswer(models.Model):
    """The answer to a request that carried an Idempotency-Key, for whoever sends it again."""

    caller = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="one_answer_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"


class AuditEvent(models.Model):
    """Who did what to which object, and when. Rows are added, never changed or deleted."""

    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="audit_events"
    )
    actor_name = models.CharField(max_length=150, help_text="outlives the account")
    company = models.CharField(max_length=14, blank=True, help_text="public id")
    address = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=50)
    subject = models.CharField(max_length=200)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.subject}"
