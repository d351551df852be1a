"""The addresses of the panel's pages."""

from __future__ import annotations

from django.urls import path

from review.panel import views

urlpatterns = [
    path("", views.meetings, name="meetings"),
    path("<int:number>/", views.meeting, name="meeting"),
    path("<int:number>/close/", views.meeting_close, name="meeting_close"),
    path("<int:number>/offers/", views.offers, name="offers"),
    path("<int:number>/<slug:reference>/", views.case, name="case"),
    path("<int:number>/<slug:reference>/agreed/", views.case_agreed, name="case_agreed"),
    path("<int:number>/<slug:reference>/outcome/", views.case_outcome, name="case_outcome"),
]
