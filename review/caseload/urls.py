"""The pages by which a manager opens a family outside the team."""

from __future__ import annotations

from django.urls import path

from review.caseload import views

urlpatterns = [
    path("outside/", views.outside, name="outside"),
    path("outside/<str:key>/", views.override, name="override"),
]
