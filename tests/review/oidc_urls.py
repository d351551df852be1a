"""The app's addresses as they are where the council has an identity provider."""

from __future__ import annotations

from review.people.urls import provider_paths
from review.urls import handler400, handler403, handler404, handler500
from review.urls import urlpatterns as own

urlpatterns = [*own, *provider_paths()]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
