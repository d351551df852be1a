"""Logging in by the council's identity provider. Accounts and roles are this app's own: the provider says who it is.

The library checks state, nonce and signature; what it leaves out is checked here: that the token is for this app, from
this provider and still good, and that the person asked about is the one of the token.
"""

from __future__ import annotations

from typing import Any

import jwt
import requests
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView

from review import access_log
from review.access_log import Action
from review.config import OidcConfig
from review.people.models import Person
from review.settings import current

_NEEDED = ["exp", "iat", "aud", "iss", "sub"]
_LEEWAY_SECONDS = 30


class Backend(OIDCAuthenticationBackend):
    """Finds the account that was set up here for whom the provider vouches; makes none."""

    def get_payload_data(self, token: bytes, key: Any) -> dict[str, Any]:
        """The token's claims. Raises SuspiciousOperation where it is not this provider's, for this app, and in time."""
        oidc = _oidc()
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[oidc.algorithm],
                audience=oidc.client_id,
                issuer=oidc.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": _NEEDED},
            )
        except jwt.InvalidTokenError:
            raise SuspiciousOperation("the identity provider's token does not hold") from None
        return claims

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What the provider says of the person. Raises SuspiciousOperation where it is of another than the token."""
        told: dict[str, Any] = super().get_userinfo(access_token, id_token, payload)
        if told.get("sub") != payload["sub"]:
            raise SuspiciousOperation("the identity provider told of another person than its token")
        return told

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        """Whether the provider names the person at all."""
        return isinstance(claims.get(_oidc().username_claim), str)

    def filter_users_by_claims(self, claims: dict[str, Any]) -> Any:
        """The active account of this name, if there is one."""
        name = str(claims.get(_oidc().username_claim, "")).strip().lower()
        return Person.objects.filter(username=name, is_active=True)

    def get_user(self, user_id: int) -> Person | None:
        """Whom a session is of; a locked account's session ends with the next page."""
        return Person.objects.filter(pk=user_id, is_active=True).first()


class Callback(OIDCAuthenticationCallbackView):
    """Where the provider sends people back to. Whatever does not hold leads to the login page, and into the log."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Log in, or say that it did not work."""
        if "error" in request.GET and request.GET.get("state") not in request.session.get("oidc_states", {}):
            # Whoever is logged in asked for nothing: another site sent them here, and the library would log them out.
            return self.login_failure()
        try:
            response: HttpResponse = super().get(request)
        except (SuspiciousOperation, requests.RequestException, ValueError, KeyError, TypeError):
            response = self.login_failure()
        return response

    def login_failure(self) -> HttpResponse:
        """Back to the login page; logged, also where somebody is logged in already and comes back with nothing good."""
        access_log.record(None, Action.login_refused, detail="identity provider")
        response: HttpResponse = super().login_failure()
        return response


def _oidc() -> OidcConfig:
    oidc = current().config.oidc
    assert oidc is not None
    return oidc
