"""A database server of one test's own, to be stopped, killed and made to hang."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path

from .upstreams import free_port

START_UP_SECONDS = 60
SYSTEM = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"]


class DatabaseServer:
    """PostgreSQL or MariaDB in a directory of its own; what it has committed survives `kill`."""

    def __init__(self, kind: str, directory: Path):
        self.kind, self._directory, self._port = kind, directory / f"{kind}-server", free_port()
        self._directory.mkdir()
        self._user = _lend(self._directory, kind)
        self._data = self._directory / "data"
        # The server dies with the thread that starts it, so that is one that lives as long as we do.
        self._starter = ThreadPoolExecutor(1)
        _prepare[kind](self)
        self.start()
        self.url = _url[kind](self)

    def start(self):
        """Starts it, and waits until it answers."""
        command = self._as_its_user(_serve[self.kind](self))
        self._child = self._starter.submit(subprocess.Popen, command, **self._output()).result()
        deadline = time.monotonic() + START_UP_SECONDS
        while subprocess.run(_ask[self.kind](self), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            assert time.monotonic() < deadline and self._child.poll() is None, self._log().read_text()
            time.sleep(0.1)

    def kill(self):
        """`kill -9` of the whole server."""
        self._signal_all(signal.SIGKILL)
        self._child.wait()

    def hang(self):
        """It keeps every connection, and answers nothing."""
        self._signal_all(signal.SIGSTOP)

    def go_on(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int):
        # PostgreSQL has a process for each connection; setpriv has become the server itself.
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self._child.pid)], capture_output=True, text=True)
        for pid in [self._child.pid, *map(int, children.stdout.split())]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def _run(self, command: list[str]):
        done = subprocess.run(self._as_its_user(command), **self._output())
        assert done.returncode == 0, self._log().read_text()

    def _as_its_user(self, command: list[str]) -> list[str]:
        """Neither server runs as root; and it ends with this process, however that ends."""
        become = [f"--reuid={self._user}", f"--regid={pwd.getpwnam(self._user).pw_gid}", "--clear-groups"] if self._user else []
        return ["setpriv", *become, "--pdeathsig", "KILL", "--", *command]

    def _log(self) -> Path:
        return self._directory.parent / f"{self.kind}-server.log"

    def _output(self) -> dict:
        return {"stdout": self._log().open("a"), "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}


def _lend(directory: Path, kind: str) -> str | None:
    """Where we are root, the directory becomes the user's whose server it is; gives that user."""
    if os.getuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    user = next(name for name in ({"postgres": "postgres", "mysql": "mysql"}[kind], "nobody") if name in names)
    shutil.chown(directory, user)
    for parent in [directory, *directory.parents]:
        parent.chmod(parent.stat().st_mode | 0o111)
    return user


def _program(name: str) -> str:
    newest_first = sorted(glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(Path(path).parent.name), reverse=True)
    found = shutil.which(name, path=":".join([*newest_first, *SYSTEM]))
    assert found, f"{name} is not installed: run scripts/setup test"
    return found


def _prepare_postgres(server: DatabaseServer):
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
    server._run([_program("initdb"), f"--pgdata={server._data}", *options])


def _serve_postgres(server: DatabaseServer) -> list[str]:
    settings = ["listen_addresses=127.0.0.1", f"port={server._port}", "unix_socket_directories=", "fsync=off"]
    return [_program("postgres"), "-D", str(server._data), *(part for setting in settings for part in ("-c", setting))]


def _prepare_mysql(server: DatabaseServer):
    options = ["--auth-root-authentication-method=normal", "--skip-test-db"]
    server._run([_program("mariadb-install-db"), "--no-defaults", f"--datadir={server._data}", *options])


def _serve_mysql(server: DatabaseServer) -> list[str]:
    files = [f"--datadir={server._data}", f"--socket={server._directory}/socket", f"--pid-file={server._directory}/pid"]
    # Each commit is written to the log file at once, so that it survives the death of the process.
    settings = ["--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--skip-log-bin"]
    return [_program("mariadbd"), "--no-defaults", f"--port={server._port}", "--bind-address=127.0.0.1", *files, *settings]


def _url_of_mysql(server: DatabaseServer) -> str:
    where = ["--protocol=tcp", "--host=127.0.0.1", f"--port={server._port}", "--user=root"]
    subprocess.run([_program("mariadb-admin"), "--no-defaults", *where, "create", "gateway"], check=True)
    return f"mysql://root@127.0.0.1:{server._port}/gateway"


_prepare = {"postgres": _prepare_postgres, "mysql": _prepare_mysql}
_serve = {"postgres": _serve_postgres, "mysql": _serve_mysql}
_ask = {
    "postgres": lambda server: [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(server._port), "-U", "postgres"],
    "mysql": lambda server: [
        *(_program("mariadb-admin"), "--no-defaults", "--protocol=tcp", "--host=127.0.0.1"),
        *(f"--port={server._port}", "--user=root", "ping"),
    ],
}
_url = {
    "postgres": lambda server: f"postgres://postgres@127.0.0.1:{server._port}/postgres",
    "mysql": _url_of_mysql,
}
