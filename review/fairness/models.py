"""Audits as they were published, kept when the next one takes their place."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models


class KeptAudit(models.Model):
    """One published audit and its page. Only what was published is kept: small groups' figures are hidden in it."""

    target: models.CharField[str, str] = models.CharField(max_length=100)
    sha256: models.CharField[str, str] = models.CharField(max_length=64, help_text="Of the published document")
    title: models.CharField[str, str] = models.CharField(max_length=300)
    verdict: models.CharField[str, str] = models.CharField(max_length=30)
    tested_from: models.DateField[dt.date | None, dt.date | None] = models.DateField(null=True)
    tested_to: models.DateField[dt.date | None, dt.date | None] = models.DateField(null=True)
    kept_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)
    page: models.TextField[str, str] = models.TextField(help_text="The fairness report; empty where there was none")

    class Meta:
        """Each audit once; the newest first."""

        constraints = (models.UniqueConstraint(fields=["target", "sha256"], name="an_audit_once"),)
        ordering: ClassVar[tuple[str, ...]] = ("-kept_at", "-pk")

    def __str__(self) -> str:
        return f"{self.target}: {self.verdict}"
