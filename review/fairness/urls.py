"""The addresses of the fairness page and the reports."""

from __future__ import annotations

from django.urls import path

from review.fairness import views

urlpatterns = [
    path("fairness/", views.fairness, name="fairness"),
    path("fairness/past/<int:number>/", views.past_audit, name="past_audit"),
    path("reports/<path:name>", views.report_page, name="report"),
]
