"""A Redis of one test's own, to be killed, made to hang and started again, empty."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

from .process import Process
from .upstreams import free_port

START_UP_SECONDS = 20


class RedisServer:
    """Keeps nothing on disk: what it has counted is gone with `kill`."""

    def __init__(self, directory: Path):
        self._directory, self._port = directory / "redis", free_port()
        self._directory.mkdir()
        self.url = f"redis://127.0.0.1:{self._port}"
        self.start()

    def start(self):
        """Starts it, and waits until it answers."""
        where = ["--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(self._directory)]
        self._process = Process([_program("redis-server"), *where, "--save", "", "--appendonly", "no"], self._directory, {})
        deadline = time.monotonic() + START_UP_SECONDS
        while self.command("ping") != "PONG":
            assert time.monotonic() < deadline and self._process.is_running(), self._process.log.read_text()
            time.sleep(0.02)

    def command(self, *words: str) -> str:
        command = [_program("redis-cli"), "-p", str(self._port), *words]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    def kill(self):
        self._process.kill()

    def hang(self):
        """It keeps every connection, and answers nothing."""
        self._process.send(signal.SIGSTOP)

    def go_on(self):
        self._process.send(signal.SIGCONT)

    def stop(self):
        if self._process.is_running():
            self.go_on()
            self._process.kill()


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/local/bin:/usr/bin")
    assert found, f"{name} is not installed: run scripts/setup test"
    return found
