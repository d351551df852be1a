"""A real PostgreSQL server for the tests that are marked ``databases``: started, used and thrown away."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "hunter2-open-sesame"


def binaries() -> Path | None:
    """Where initdb and pg_ctl are; None when there is no PostgreSQL on this machine."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server on a socket of its own and give the URL of an empty database in it."""
    programs = binaries()
    assert programs is not None, "PostgreSQL is not here: install the package postgresql (initdb and pg_ctl are needed)"
    # A socket's path must be short, and the server refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="eh-pg-", dir="/tmp"))
    server_user = _unprivileged() if os.geteuid() == 0 else None
    if server_user is not None:
        os.chown(folder, server_user.pw_uid, server_user.pw_gid)

    def do(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            user=server_user.pw_uid if server_user else None,
            group=server_user.pw_gid if server_user else None,
            extra_groups=[] if server_user else None,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "America/New_York"},
        )

    data, log, password = folder / "data", folder / "log", folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c datestyle=SQL,DMY"
    try:
        do("initdb", "-D", str(data), "-U", "council", "-A", "scram-sha-256", "--pwfile", str(password), "--locale=C",
           "--encoding=UTF8")  # fmt: skip
        do("pg_ctl", "-D", str(data), "-l", str(log), "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://council:{PASSWORD}@/postgres?host={folder}"
        finally:
            do("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("There is no user postgres or nobody for the server to run as.")
