"""What a council's TOML may say of the web app: ``[review]``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from store.council import Section


class OidcConfig(Section):
    """``[review.oidc]``: logging in by the council's own identity provider instead of a password kept here."""

    issuer: str = Field(description="Who the identity provider says it is, exactly as its tokens have it.")
    client_id: str = Field(description="What the provider calls this app; its secret is EARLY_HELP_OIDC_SECRET.")
    authorization_endpoint: str = Field(description="Where people are sent to log in.")
    token_endpoint: str = Field(description="Where the app exchanges a code for a token.")
    user_endpoint: str = Field(description="Where the app asks who the token is for.")
    keys_endpoint: str = Field(description="Where the provider's public keys are (its JWKS).")
    username_claim: str = Field(
        "preferred_username", description="Which claim names the person, as `early-help review person add` did."
    )
    algorithm: Literal["RS256", "RS384", "RS512", "ES256", "ES384"] = Field(
        "RS256", description="How the provider signs its tokens."
    )


class ReviewConfig(Section):
    """``[review]``: the web app for panels and family support staff."""

    hosts: list[str] = Field(
        ["localhost", "127.0.0.1", "[::1]"], min_length=1, description="Names that the app is asked by; no others."
    )
    https: bool = Field(
        False,
        description="Whether a reverse proxy before the app ends TLS. Needed wherever the app is asked from another "
        "machine.",
    )
    idle_minutes: int = Field(30, ge=5, le=240, description="Minutes without a page after which one is logged out.")
    session_hours: int = Field(10, ge=1, le=24, description="Hours after which one is logged out in any case.")
    lockout_failures: int = Field(
        5, ge=3, le=20, description="Failed attempts at one name, or ten times as many from one address, that lock it."
    )
    lockout_minutes: int = Field(15, ge=5, le=1440, description="Minutes that a lock lasts.")
    one_time_days: int = Field(7, ge=1, le=30, description="Days in which a one-time password must be used.")
    allocations_max_age_days: int = Field(
        3, ge=0, le=31, description="Days after which the staff list and allocations are too old to show a family by."
    )
    panels: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Which targets' lists each panel reads, by the panel's name. Where none is named every panel reads "
        "all; else one that is not named reads none.",
    )
    panel_sees_names: bool = Field(
        False,
        description="Whether panel members see the names behind references. Names say something of ethnicity, so that "
        "without them a case is read more evenly; with them members can say whom they know.",
    )
    second_reader_needs: int = Field(
        3,
        ge=0,
        le=10,
        description="Evidenced needs, of ten, from which 'no action' asks for a second reader; 0 asks for one always.",
    )
    labels: dict[str, Annotated[str, Field(min_length=1, max_length=60)]] = Field(
        default_factory=dict,
        description="What pages call a system, or a domain of the outcomes framework, whose short name in this file "
        'would not do: `cin_return = "Children in need return"`. Others are read as they stand, and known '
        "abbreviations in capitals.",
    )
    oidc: OidcConfig | None = Field(None, description="Logging in by the council's identity provider.")
