"""The steps of logging in, and out."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from review.people import second_factor, views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/new-password/", views.new_password, name="new_password"),
    path("login/set-up/", views.set_up, name="set_up"),
    path("login/code/", views.code, name="code"),
    path("logout/", views.leave, name="logout"),
]

if second_factor.PROVIDER in settings.AUTHENTICATION_BACKENDS:
    from mozilla_django_oidc.views import OIDCAuthenticationRequestView

    from review.people.oidc import Callback

    urlpatterns += [
        path("login/provider/", OIDCAuthenticationRequestView.as_view(), name="oidc_authentication_init"),
        path("login/provider/back/", Callback.as_view(), name="oidc_authentication_callback"),
    ]
