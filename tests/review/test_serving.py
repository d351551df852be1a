"""Serving: which database, where to listen, what is refused before anything is served; and a real server."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from early_help import serve_command
from early_help.run_config import is_made_up
from review.config import ReviewConfig
from review.databases import database, prepare_file
from review.oidc_settings import oidc_settings
from review.serving import Place, check_place, context_of
from review.settings import settings_of
from store.errors import UsageError
from store.files import write_text
from store.key_file import KEY_FILE_VARIABLE, make_key
from store.run_folder import RunFolder
from tests.review import made_up

_OIDC = {
    "issuer": "https://id.example",
    "client_id": "early-help",
    **{f"{name}_endpoint": f"https://id.example/{name}" for name in ("authorization", "token", "user", "keys")},
}


@pytest.mark.parametrize(("url", "expected"), [
    ("postgresql://ann:s%40cret@db.example:5433/review", ("review", "ann", "s@cret", "db.example", "5433", {})),
    ("postgres://ann@db.example/review?sslmode=verify-full",
     ("review", "ann", "", "db.example", "", {"sslmode": "verify-full"})),
    ("postgresql://ann:x@/review?host=%2Fvar%2Frun%2Fpg", ("review", "ann", "x", "/var/run/pg", "", {})),
    ("postgresql://[::1]/review", ("review", "", "", "::1", "", {})),
])  # fmt: skip
def test_a_postgresql_url_is_read(url: str, expected: tuple[object, ...]) -> None:
    found = database(url, Path("folder"))
    assert found["ENGINE"].endswith("postgresql")
    assert found["OPTIONS"].pop("options") == "-c datestyle=ISO"
    assert tuple(found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")) == expected


@pytest.mark.parametrize("url", [
    "mysql://ann:hunter2@db/review", "hunter2", "postgresql://ann:hunter2@db/", "postgresql://ann:hunter2@db:x/review",
    "postgresql://ann:hunter2@db/review?passfile=/etc/passwd", "postgresql://ann:hunter2@db/a/b",
    "postgresql://[ann:hunter2@db/review",
])  # fmt: skip
def test_another_url_is_refused_and_its_password_is_not_told(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        database(url, Path("folder"))
    assert "hunter2" not in str(refused.value)


def test_sqlite_is_in_the_runs_identifiable_part_or_where_it_is_told_to_be(tmp_path: Path) -> None:
    context = made_up.context_like()
    assert settings_of(context, {})["DATABASES"]["default"]["NAME"].startswith("nowhere/identifiable/review/")
    told = {"DATABASE_URL": f"sqlite:///{tmp_path}/a folder/app.sqlite3"}
    assert settings_of(context, told)["DATABASES"]["default"]["NAME"] == f"{tmp_path}/a folder/app.sqlite3"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")
def test_the_database_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "app.sqlite3"
    prepare_file(path)
    prepare_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


# --- what is refused before anything is served ---


def free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _config(**more: object) -> ReviewConfig:
    return ReviewConfig.model_validate(more)


def test_a_port_that_is_taken_is_told() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            check_place(Place("127.0.0.1", port, 2), _config())
    assert str(port) in refused.value.where


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "some.council.example"])
def test_other_machines_need_tls(host: str) -> None:
    with pytest.raises(UsageError, match="without encryption"):
        check_place(Place(host, free_port(), 2), _config())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_this_machine_needs_none(host: str) -> None:
    check_place(Place(host, free_port(), 2), _config())


def test_with_tls_before_it_the_app_may_listen_to_others() -> None:
    check_place(Place("0.0.0.0", free_port(), 2), _config(https=True))


def test_the_provider_needs_its_secret_from_the_environment() -> None:
    oidc = _config(oidc=_OIDC).oidc
    with pytest.raises(UsageError) as refused:
        oidc_settings(oidc, {})
    assert refused.value.where == "EARLY_HELP_OIDC_SECRET"
    assert oidc_settings(oidc, {"EARLY_HELP_OIDC_SECRET": "s"})["OIDC_CREATE_USER"] is False
    assert oidc_settings(None, {}) == {}


def test_with_a_provider_passwords_here_open_nothing() -> None:
    made = settings_of(made_up.context_like(oidc=_OIDC), {"EARLY_HELP_OIDC_SECRET": "s"})
    assert made["AUTHENTICATION_BACKENDS"] == ["axes.backends.AxesStandaloneBackend", "review.people.oidc.Backend"]


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run folder"):
        context_of(RunFolder(tmp_path))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return made_up.make_run(tmp_path / "run")


def test_without_the_key_nothing_is_served(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "none.key"))
    with pytest.raises(UsageError, match="no master key"):
        context_of(run)


def test_without_its_toml_a_run_is_not_served(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "run-council" / "council.toml").unlink()
    with pytest.raises(UsageError, match="TOML"):
        context_of(run)


def test_without_the_extra_the_command_says_how_to_install_it(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_command, "find_spec", lambda name: None if name == "segno" else True)
    with pytest.raises(UsageError) as refused:
        serve_command.opened(str(run.root))
    assert refused.value.where == "segno"
    assert "pip install '.[web]'" in refused.value.fix


def test_a_councils_run_is_no_demo(run: RunFolder, tmp_path: Path) -> None:
    """Neither the name nor what the generator leaves is enough by itself."""
    folder = tmp_path / "run-council"
    assert not is_made_up(run)
    write_text(folder / "made.json", "{}")
    assert not is_made_up(run)
    toml = (folder / "council.toml").read_text(encoding="utf-8")
    write_text(folder / "council.toml", toml.replace("Testborough", "Brackwater (a made-up borough)"))
    assert is_made_up(run)
    (folder / "made.json").unlink()
    assert not is_made_up(run)


# --- a real server ---


def _command(*arguments: str, key: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from early_help.cli import main; main()", *arguments],
        env={**os.environ, KEY_FILE_VARIABLE: str(key)},
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


@contextmanager
def serving(run: RunFolder, key: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    server = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from early_help.cli import main; main()",
            "serve",
            str(run.root),
            "--port",
            str(port),
            "--workers",
            "1",
        ],
        env={**os.environ, KEY_FILE_VARIABLE: str(key)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for(address: str, server: subprocess.Popen[str]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            pytest.fail(f"the server stopped: {server.stdout.read() if server.stdout else ''}")
        try:
            urllib.request.urlopen(address, timeout=60).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("the server did not begin to serve")


@pytest.mark.skipif(os.name == "nt", reason="gunicorn is not there on Windows")
def test_a_real_server_logs_in_a_new_account_and_stops_when_told(run: RunFolder, tmp_path: Path) -> None:
    key, port = tmp_path / "keys" / "key", free_port()
    make_key(key)
    added = _command(
        *("review", "person", "add", str(run.root), "--username", "gov", "--name", "Gove Nance"),
        *("--role", "governance"),
        key=key,
    )
    password = re.search(r"One-time password: (\S+)", added.stdout)
    assert password is not None, added.stdout + added.stderr
    with serving(run, key, port) as server:
        base = f"http://127.0.0.1:{port}"
        _wait_for(f"{base}/login/", server)
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        page = browser.open(f"{base}/login/").read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        form = {"username": "gov", "password": password[1], "csrfmiddlewaretoken": token[1]}
        answer = browser.open(f"{base}/login/", urllib.parse.urlencode(form).encode())
        assert answer.url == f"{base}/login/new-password/"
        with urllib.request.urlopen(f"{base}/static/style.css") as style:
            assert b"--accent" in style.read()
        for path in ("/static/style.py", "/static/%2e%2e/settings.py", "/static/../review/settings.py"):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(base + path)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0
        told = server.stdout.read() if server.stdout else ""
    assert f"{base}/" in told
    assert password[1] not in told
    with closing(socket.socket()) as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_printed_passwords_are_for_the_made_up_borough_alone(run: RunFolder, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "key"
    make_key(key)
    refused = _command("serve", str(run.root), "--demo", "--port", str(free_port()), key=key)
    assert refused.returncode == 2
    assert "synthetic borough alone" in refused.stderr + refused.stdout
    assert not list((run.root / "identifiable" / "review").glob("*-wal"))
