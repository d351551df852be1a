"""The steps of logging in, and out; one's own account, and everybody's for those who look after them."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, path

from review.people import listing, own_account, second_factor, views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/new-password/", views.new_password, name="new_password"),
    path("login/set-up/", views.set_up, name="set_up"),
    path("login/code/", views.code, name="code"),
    path("logout/", views.leave, name="logout"),
    path("account/", own_account.account, name="account"),
    path("accounts/", listing.accounts, name="accounts"),
]


def provider_paths() -> list[URLPattern]:
    """The way to the council's identity provider, and back."""
    from mozilla_django_oidc.views import OIDCAuthenticationRequestView  # noqa: PLC0415 - needs its settings

    from review.people.oidc import Callback  # noqa: PLC0415 - as above

    return [
        path("login/provider/", OIDCAuthenticationRequestView.as_view(), name="oidc_authentication_init"),
        path("login/provider/back/", Callback.as_view(), name="oidc_authentication_callback"),
    ]


if second_factor.PROVIDER in settings.AUTHENTICATION_BACKENDS:
    urlpatterns += provider_paths()
