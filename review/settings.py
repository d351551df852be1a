"""Django's settings for one run of one council, made from its TOML and the environment; there is no settings file.

``DATABASE_URL`` names a PostgreSQL database; else the app keeps a SQLite file with the run's identifiable tables.
``EARLY_HELP_SECRET_KEY`` signs sessions; else a key derived from the council's master key does.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import django
from csp.constants import NONE, SELF
from django.conf import settings
from django.utils import timezone
from jinja2 import StrictUndefined

from review.config import ReviewConfig
from review.databases import DATABASE_VARIABLE, database
from review.oidc_settings import oidc_settings
from store.council import Council, RunSettings
from store.keys import Keys, Purpose
from store.run_folder import RunFolder

SECRET_VARIABLE = "EARLY_HELP_SECRET_KEY"  # noqa: S105 - the variable's name
APPS = ("people", "caseload", "families", "panel", "governance", "fairness")

_ROOM = Path(__file__).parent
_YEAR_SECONDS = 31_536_000
_STATIC_SECONDS = 600


@dataclass(frozen=True)
class ReviewContext:
    """What the web app serves: a run, whose it is, and how. ``current`` gives it to the views.

    ``machine`` is what loading the run may use of the machine.
    """

    run: RunFolder
    keys: Keys
    council: Council
    config: ReviewConfig
    machine: RunSettings = field(default_factory=lambda: RunSettings.model_validate({}))
    day: dt.date | None = None
    """What pages take for today. None for the clock's day; a made-up borough, whose time stands still, has its own."""

    def today(self) -> dt.date:
        """The day that pages are of."""
        return self.day or timezone.localdate()

    @property
    def folder(self) -> Path:
        """Where the app keeps its own files: with the run's identifiable tables."""
        return self.run.root / "identifiable" / "review"


def current() -> ReviewContext:
    """What the app that is running serves."""
    return cast(ReviewContext, settings.REVIEW)


def configure(context: ReviewContext, environment: Mapping[str, str] = os.environ) -> None:
    """Settle Django's settings and load its apps; once in a process.

    Raises UsageError where ``DATABASE_URL`` is none that can be used.
    """
    settings.configure(**settings_of(context, environment))
    django.setup()


def settings_of(context: ReviewContext, environment: Mapping[str, str]) -> dict[str, Any]:
    """Every setting that differs from Django's own."""
    config = context.config
    return {
        "REVIEW": context,
        "DEBUG": False,
        "SECRET_KEY": environment.get(SECRET_VARIABLE) or context.keys.derive(Purpose.REVIEW, context="sessions").hex(),
        "DATABASES": {"default": database(environment.get(DATABASE_VARIABLE, ""), context.folder)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "ALLOWED_HOSTS": list(config.hosts),
        "ROOT_URLCONF": "review.urls",
        "WSGI_APPLICATION": "review.wsgi.application",
        "INSTALLED_APPS": _apps(config),
        "MIDDLEWARE": _MIDDLEWARE,
        "TEMPLATES": _TEMPLATES,
        "LANGUAGE_CODE": "en-gb",
        "TIME_ZONE": "Europe/London",
        "USE_TZ": True,
        "USE_I18N": False,
        "LOGGING_CONFIG": "review.logs.configure",
        "LOGGING": {},
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        **_people(config),
        **_browser(config),
        **oidc_settings(config.oidc, environment),
    }


def _apps(config: ReviewConfig) -> list[str]:
    """The project's own apps, and those it rests on."""
    own = [f"review.{name}" for name in APPS]
    return [
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "axes",
        "csp",
        "django_otp",
        "django_otp.plugins.otp_totp",
        *(["mozilla_django_oidc"] if config.oidc else []),
        *own,
    ]


_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "review.middleware.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "review.middleware.SecondFactor",
    "review.middleware.Idle",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "review.permissions.DenyByDefault",
    "review.middleware.NoNul",
    "review.middleware.NotTooMuch",
    "axes.middleware.AxesMiddleware",
]

_TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_ROOM / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "review.menu.for_page",
            ],
            "string_if_invalid": "",
        },
    },
    {
        # For what has hundreds of cells: it takes a fraction of the time.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [_ROOM / "jinja2"],
        "APP_DIRS": False,
        "OPTIONS": {"autoescape": True, "undefined": StrictUndefined},
    },
]


def _people(config: ReviewConfig) -> dict[str, Any]:
    """Accounts: who may try, how often, and for how long."""
    # With an identity provider, a password kept here would be a way round its second factor.
    knows = "review.people.oidc.Backend" if config.oidc else "review.people.backend.PasswordBackend"
    return {
        "AUTH_USER_MODEL": "people.Person",
        "AUTHENTICATION_BACKENDS": ["axes.backends.AxesStandaloneBackend", knows],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
            for name, options in (
                ("MinimumLengthValidator", {"min_length": 12}),
                ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "name")}),
                ("CommonPasswordValidator", {}),
                ("NumericPasswordValidator", {}),
            )
        ],
        "LOGIN_URL": "login",
        "LOGIN_REDIRECT_URL": "home",
        "LOGOUT_REDIRECT_URL": "login",
        "OTP_TOTP_ISSUER": "Early help",
        "AXES_HANDLER": "review.people.lockout.Handler",
        "AXES_FAILURE_LIMIT": config.lockout_failures,
        "AXES_COOLOFF_TIME": dt.timedelta(minutes=config.lockout_minutes),
        "AXES_LOCKOUT_PARAMETERS": ["username", "ip_address"],
        "AXES_LOCKOUT_CALLABLE": "review.errors.locked",
        "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
        "AXES_DISABLE_ACCESS_LOG": True,
        "AXES_ENABLE_ADMIN": False,
        "AXES_VERBOSE": False,
        "AXES_USERNAME_CALLABLE": "review.people.lockout.mark_of_attempt",
        "AXES_SENSITIVE_PARAMETERS": ["username", "next", "csrfmiddlewaretoken"],
        "AXES_CLIENT_IP_CALLABLE": "review.people.lockout.client_address",
    }


def _browser(config: ReviewConfig) -> dict[str, Any]:
    """What the browser is told: cookies, headers, static files."""
    secure = config.https
    return {
        "SESSION_ENGINE": "review.people.sessions",
        "SESSION_COOKIE_AGE": config.session_hours * 3600,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        # A cookie of this name is taken over TLS, of this host and for the whole of it, or not at all.
        "SESSION_COOKIE_NAME": "__Host-early-help" if secure else "early-help",
        "CSRF_COOKIE_NAME": "__Host-early-help-form" if secure else "early-help-form",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_FAILURE_VIEW": "review.errors.form_refused",
        "SECURE_SSL_REDIRECT": secure,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if secure else None,
        "SECURE_HSTS_SECONDS": _YEAR_SECONDS if secure else 0,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                "default-src": [NONE],
                "style-src": [SELF],
                "img-src": [SELF, "data:"],
                "form-action": [SELF],
                "frame-ancestors": [NONE],
                "base-uri": [NONE],
            }
        },
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [_ROOM / "static"],
        "STATICFILES_FINDERS": [
            "django.contrib.staticfiles.finders.FileSystemFinder",
            "review.static_files.StyleFinder",
        ],
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": False,
        "WHITENOISE_ALLOW_ALL_ORIGINS": False,
        "WHITENOISE_MAX_AGE": _STATIC_SECONDS,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 262_144,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 200,
        "FILE_UPLOAD_HANDLERS": [],
    }
