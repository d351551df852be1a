"""Serving the web app: which run, whose keys, where, and by which server.

``python -m review.serving`` is the server's own process. It begins with nothing of what loading a run left in memory.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from early_help.run_config import config_of, is_made_up
from review.config import ReviewConfig
from review.logs import Quiet
from review.settings import ReviewContext
from review.turns import Turns, in_turns
from store.errors import UsageError
from store.key_file import load_keys
from store.run_folder import RunFolder

RUN_VARIABLE = "EARLY_HELP_RUN"
_THREADS = 8
_AT_ONCE = 1
_CONNECTIONS = 16
"""What a process takes from the queue before it; whoever waits longer is served by the process that is free first."""
_SECONDS = 120
"""What one page may take before its worker is given up: longer than the wait for the database."""


@dataclass(frozen=True)
class Place:
    """Where the app listens, and how many processes serve."""

    host: str
    port: int
    workers: int

    @property
    def address(self) -> str:
        """What to type into a browser on this machine."""
        return f"http://{_bracketed(self.host)}:{self.port}/"


def context_of(run: RunFolder) -> ReviewContext:
    """What is served of a run, by its council's TOML as it is now.

    Raises UsageError where it is no run, its TOML is not where it was or says what cannot be, or there is no key.
    """
    if not run.state.is_dir():
        raise UsageError(
            "This is not a run folder.", where=str(run.root), fix="Give the folder that `early-help run` wrote."
        )
    config = config_of(run)
    review = config.sections[ReviewConfig]
    assert isinstance(review, ReviewConfig)
    # The made-up borough's time stands still; a council's feeds grow old by the clock.
    day = config.council.extract_date if is_made_up(run) else None
    return ReviewContext(run, load_keys(), config.council, review, config.settings, day)


def check_place(place: Place, config: ReviewConfig) -> None:
    """Raise UsageError where the port is taken, or where other machines could ask without TLS."""
    if not _is_this_machine(place.host) and not config.https:
        raise UsageError(
            "Other machines would reach the app without encryption.",
            where="--host",
            fix="Put a reverse proxy with TLS before it and set [review] https = true and hosts; see docs/web-app.md.",
        )
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((place.host, place.port))
        except OSError as refused:
            raise UsageError(
                f"The app cannot listen there ({os.strerror(refused.errno or 0).lower()}).",
                where=f"{place.host}, port {place.port}",
                fix="Name another --port, or stop what listens on this one.",
            ) from None


def start(run: RunFolder, place: Place) -> NoReturn:
    """Become the server. Does not return."""
    if sys.platform == "win32":
        # There a process cannot become another.
        serve(place)
        sys.exit()
    # -P: what lies in the folder one happens to be in is not taken for a part of the toolkit.
    command = [sys.executable, "-P", "-m", "review.serving", place.host, str(place.port), str(place.workers)]
    environment = {**os.environ, RUN_VARIABLE: str(run.root)}
    sys.stdout.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606 - the same Python, with no shell


def serve(place: Place) -> None:
    """Serve until stopped: by gunicorn, or on Windows, where there is none, by waitress."""
    if sys.platform == "win32":
        from waitress import serve as serve_threads  # noqa: PLC0415 - there on Windows alone

        serve_threads(_application(), host=place.host, port=place.port, threads=_THREADS)
    else:
        _serve_processes(place)


def _serve_processes(place: Place) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - not there on Windows
    from gunicorn.glogging import Logger  # noqa: PLC0415

    class QuietLogger(Logger):
        """Tells of an error by its type and places, as the app does."""

        def setup(self, cfg: Any) -> None:
            super().setup(cfg)
            for handler in self.error_log.handlers:
                handler.setFormatter(Quiet())

    class Server(BaseApplication):
        """Gunicorn with these settings and no others: neither from a file nor from the environment."""

        def load_config(self) -> None:
            for name, value in _gunicorn(place).items():
                self.cfg.set(name, value)
            self.cfg.set("logger_class", QuietLogger)

        def load(self) -> Callable[..., Any]:
            return _application()

    Server().run()


def _gunicorn(place: Place) -> dict[str, Any]:
    return {
        "bind": f"{_bracketed(place.host)}:{place.port}",
        "workers": place.workers,
        "worker_class": "gthread",
        "threads": _THREADS,
        "timeout": _SECONDS,
        "graceful_timeout": 15,
        "keepalive": 5,
        "worker_connections": _CONNECTIONS,
        "umask": 0o077,
        "loglevel": "warning",
        "control_socket_disable": True,
        "limit_request_fields": 60,
        # What a proxy says of the browser's connection the app believes itself, where there is one; and nobody says
        # where in the address the app begins.
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
    }


def _application() -> Callable[..., Any]:
    from review.wsgi import application  # noqa: PLC0415 - each worker loads the app for itself

    return in_turns(application, Turns(_AT_ONCE))


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    serve(Place(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
