"""The reports' own filters of words, for the panel's templates."""

from __future__ import annotations

from django import template

from reports import text

register = template.Library()
register.filter("sentence", text.sentence)
register.filter("spaced", text.spaced)
