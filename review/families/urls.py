"""The addresses of the family pages, from the root."""

from __future__ import annotations

from django.urls import path

from review.families import views

urlpatterns = [
    path("families/", views.families, name="families"),
    path("families/search/", views.find, name="search"),
    path("families/team/", views.team, name="team"),
    path("families/corrections/", views.corrections, name="corrections"),
    path("families/<str:key>/", views.family, name="family"),
    path("families/<str:key>/correction/", views.correction, name="correction"),
]
