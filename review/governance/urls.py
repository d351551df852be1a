"""The pages of those who see to it that looking is right."""

from __future__ import annotations

from django.urls import path

from review.governance import views

urlpatterns = [
    path("log/", views.log, name="access_log"),
    path("log.csv", views.log_csv, name="access_log_csv"),
    path("log/verify/", views.verify_log, name="access_log_verify"),
    path("who-looked/", views.who_looked, name="who_looked"),
    path("feeds/", views.feeds, name="feeds"),
]
