"""Logging in by an identity provider: a small one in this process, honest and not."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from django.test import Client, override_settings

from review.config import ReviewConfig
from review.governance.models import LogLine
from review.oidc_settings import oidc_settings
from review.people import accounts
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext

_ISSUER, _CLIENT, _SECRET = "https://id.council.example", "early-help", "between the app and the provider"
_BACK = "/login/provider/back/"


@dataclass
class Provider:
    """What the provider will say next, and what it was asked."""

    key: RSAPrivateKey
    signs_with: RSAPrivateKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    challenge: str = ""
    address: str = ""
    token_status: int = 200

    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": _ISSUER, "aud": _CLIENT, "sub": "s-1", "iat": now, "exp": now + 300, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        key = "" if self.algorithm == "none" else self.signs_with or self.key
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "k1"})

    def public(self) -> dict[str, Any]:
        made: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**made, "kid": "k1", "alg": "RS256", "use": "sig"}]}


class _Answers(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        told = self.provider.public() if self.path == "/keys" else {"sub": "s-1", **self.provider.told}
        self._send(200, told)

    def do_POST(self) -> None:
        sent = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        verifier = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
        proved = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() == self.provider.challenge
        status = self.provider.token_status if proved and sent["client_secret"] == [_SECRET] else 400
        self._send(status, {"access_token": "a", "id_token": self.provider.token()} if status == 200 else {})

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to tell."""

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def keys_of_providers() -> tuple[RSAPrivateKey, RSAPrivateKey]:
    """The provider's own key, and another's."""
    return generate_private_key(65537, 2048), generate_private_key(65537, 2048)


@pytest.fixture
def provider(keys_of_providers: tuple[RSAPrivateKey, RSAPrivateKey], app: ReviewContext) -> Iterator[Provider]:
    """A provider that listens, with the app set up for it."""
    made = Provider(keys_of_providers[0], told={"preferred_username": "Gov@Council.example"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"provider": made}))
    Thread(target=server.serve_forever, daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    config = ReviewConfig.model_validate(
        {
            "oidc": {
                **{"issuer": _ISSUER, "client_id": _CLIENT, "authorization_endpoint": f"{made.address}/authorize"},
                **{name: f"{made.address}/{name.split('_')[0]}" for name in ("token_endpoint", "user_endpoint")},
                "keys_endpoint": f"{made.address}/keys",
            }
        }
    )
    with override_settings(
        REVIEW=replace(app, config=config),
        AUTHENTICATION_BACKENDS=["axes.backends.AxesStandaloneBackend", "review.people.oidc.Backend"],
        ROOT_URLCONF="tests.review.oidc_urls",
        **oidc_settings(config.oidc, {"EARLY_HELP_OIDC_SECRET": _SECRET}),
    ):
        yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def account(app: ReviewContext) -> Person:
    return accounts.add("gov@council.example", "Gove Nance", Role.governance)[0]


def ask(client: Client, provider: Provider, wanted: str = "") -> dict[str, str]:
    """Set out for the provider, and return what it is asked."""
    answer = client.get("/login/provider/" + (f"?next={urllib.parse.quote(wanted)}" if wanted else ""))
    place = urllib.parse.urlsplit(answer.headers["Location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"{provider.address}/authorize"
    asked = dict(urllib.parse.parse_qsl(place.query))
    provider.challenge = asked["code_challenge"]
    provider.claims = {**provider.claims, "nonce": asked["nonce"]}
    return asked


def log_in(client: Client, provider: Provider, wanted: str = "") -> str:
    """There and back; where it then leads."""
    asked = ask(client, provider, wanted)
    return client.get(_BACK, {"code": "c", "state": asked["state"]}).headers["Location"]


def inside(client: Client) -> bool:
    return client.get("/governance/log/").status_code == 200


def test_an_account_is_logged_in_by_the_provider_alone(provider: Provider, account: Person) -> None:
    client = Client()
    assert "provider" in client.get("/login/").content.decode()
    assert log_in(client, provider) == "/"
    assert inside(client)
    assert LogLine.objects.filter(action="logged_in", username="gov@council.example").exists()


def test_a_password_kept_here_opens_nothing_then(provider: Provider, make_person: Callable[..., Person]) -> None:
    make_person(Role.governance)
    client = Client()
    client.post("/login/", {"username": "governance", "password": "correct-horse-battery-staple"})
    assert not inside(client)
    assert client.get("/login/code/").status_code == 302


def test_it_leads_on_to_a_page_of_the_app_and_nowhere_else(provider: Provider, account: Person) -> None:
    assert log_in(Client(), provider, "/governance/log/?action=viewed") == "/governance/log/?action=viewed"
    assert log_in(Client(), provider, "https://evil.example/") == "/"


def test_the_session_gets_another_key(provider: Provider, account: Person) -> None:
    client = Client()
    asked = ask(client, provider)
    before = client.cookies["early-help"].value
    client.get(_BACK, {"code": "c", "state": asked["state"]})
    assert client.cookies["early-help"].value != before


@pytest.mark.parametrize("claims", [
    {"nonce": "another"}, {"nonce": None}, {"aud": "another-app"}, {"aud": None}, {"iss": "https://evil.example"},
    {"iss": None}, {"exp": 1_000_000_000}, {"exp": None}, {"iat": None}, {"sub": "s-2"}, {"sub": None},
], ids=str)  # fmt: skip
def test_a_token_that_does_not_hold_opens_nothing(provider: Provider, account: Person, claims: dict[str, Any]) -> None:
    client = Client()
    provider.claims = claims
    asked = ask(client, provider)
    provider.claims = {"nonce": asked["nonce"], **claims}
    answer = client.get(_BACK, {"code": "c", "state": asked["state"]})
    assert answer.headers["Location"] == "/login/?refused=1"
    assert not inside(client)
    assert LogLine.objects.filter(action="login_refused", detail="identity provider").exists()


def test_another_key_or_none_signs_for_nobody(
    provider: Provider, account: Person, keys_of_providers: tuple[RSAPrivateKey, RSAPrivateKey]
) -> None:
    provider.signs_with = keys_of_providers[1]
    assert log_in(Client(), provider) == "/login/?refused=1"
    provider.signs_with, provider.algorithm = None, "none"
    assert log_in(Client(), provider) == "/login/?refused=1"


@pytest.mark.parametrize("told", [
    {}, {"preferred_username": ""}, {"preferred_username": "nobody"}, {"preferred_username": ["gov@council.example"]},
    {"email": "gov@council.example"}, {"preferred_username": "gov@council.example", "sub": "s-9"},
], ids=str)  # fmt: skip
def test_whom_the_app_does_not_know_gets_no_account(provider: Provider, account: Person, told: dict[str, Any]) -> None:
    provider.told = told
    client = Client()
    assert log_in(client, provider) == "/login/?refused=1"
    assert not inside(client)
    assert Person.objects.count() == 1


def test_a_locked_account_stays_out_and_is_put_out(provider: Provider, account: Person) -> None:
    client = Client()
    log_in(client, provider)
    accounts.lock("gov@council.example")
    assert not inside(client)
    assert log_in(Client(), provider) == "/login/?refused=1"


def test_coming_back_without_having_set_out_opens_nothing(provider: Provider, account: Person) -> None:
    """Somebody else's answer, slipped into this browser (login CSRF), or one's own a second time."""
    other, client = Client(), Client()
    asked = ask(other, provider)
    assert client.get(_BACK, {"code": "c", "state": asked["state"]}).headers["Location"] == "/login/?refused=1"
    assert not inside(client)
    own = ask(client, provider)
    provider.claims["nonce"] = own["nonce"]
    client.get(_BACK, {"code": "c", "state": own["state"]})
    client.post("/logout/")
    assert client.get(_BACK, {"code": "c", "state": own["state"]}).headers["Location"] == "/login/?refused=1"
    assert not inside(client)


@pytest.mark.parametrize(
    "sent", [{"error": "x"}, {"error": "x", "state": "y"}, {"code": "c", "state": "y"}, {}], ids=str
)
def test_no_link_from_elsewhere_logs_anybody_out(provider: Provider, account: Person, sent: dict[str, str]) -> None:
    client = Client()
    log_in(client, provider)
    assert client.get(_BACK, sent).headers["Location"] == "/login/?refused=1"
    assert inside(client)


def test_a_provider_that_is_down_or_says_no_is_told_calmly(provider: Provider, account: Person) -> None:
    provider.token_status = 500
    assert log_in(Client(), provider) == "/login/?refused=1"
    client = Client()
    assert client.get(_BACK, {"error": "access_denied", "state": "x"}).headers["Location"] == "/login/?refused=1"
    assert "could not be logged in" in client.get("/login/?refused=1").content.decode()
