"""Answers the API has given under an Idempotency-Key, so that a repeated call gets the same one."""

from django.db import models
from django.utils import timezone


class KeptAnswer(models.Model):
    """Written in the transaction of the change it answers: either both are there or neither."""

    user = models.ForeignKey("crm.User", models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # of method, address and body: the same key may ask for nothing else
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]

    def __str__(self):
        return f"{self.key} {self.status}"
