"""Settings of logging in by the council's own identity provider (OpenID Connect, code flow with PKCE)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.config import OidcConfig
from store.errors import UsageError

OIDC_SECRET_VARIABLE = "EARLY_HELP_OIDC_SECRET"  # noqa: S105 - the variable's name
_SECONDS = 10


def oidc_settings(oidc: OidcConfig | None, environment: Mapping[str, str]) -> dict[str, Any]:
    """The library's settings; none where no provider is named. Raises UsageError when the app's secret is missing."""
    if oidc is None:
        return {}
    secret = environment.get(OIDC_SECRET_VARIABLE, "")
    if not secret:
        raise UsageError(
            "The identity provider's secret for this app is not set.",
            where=OIDC_SECRET_VARIABLE,
            fix="Set it in the environment of the service; it does not belong in the TOML.",
        )
    return {
        "OIDC_RP_CLIENT_ID": oidc.client_id,
        "OIDC_RP_CLIENT_SECRET": secret,
        "OIDC_RP_SIGN_ALGO": oidc.algorithm,
        "OIDC_RP_SCOPES": "openid profile email",
        "OIDC_OP_AUTHORIZATION_ENDPOINT": oidc.authorization_endpoint,
        "OIDC_OP_TOKEN_ENDPOINT": oidc.token_endpoint,
        "OIDC_OP_USER_ENDPOINT": oidc.user_endpoint,
        "OIDC_OP_JWKS_ENDPOINT": oidc.keys_endpoint,
        "OIDC_CREATE_USER": False,
        "OIDC_USE_NONCE": True,
        "OIDC_USE_PKCE": True,
        "OIDC_TIMEOUT": _SECONDS,
        "LOGIN_REDIRECT_URL_FAILURE": "/login/?refused=1",
    }
