"""A child process that says on its standard output where it listens."""

import os
import queue
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

START_UP_SECONDS = 60
STOP_SECONDS = 15


class Process:
    """Runs until `stop` or `kill`; everything that it says is kept in `log`."""

    def __init__(self, command: list[str], directory: Path, environment: dict[str, str]):
        self.log = directory / f"{Path(command[0]).name}.log"
        self._lines: queue.Queue[str] = queue.Queue()
        self._child = subprocess.Popen(
            command,
            cwd=directory,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self.log.open("a") as log:
            for line in self._child.stdout:
                log.write(line)
                log.flush()
                self._lines.put(line)

    def wait_for(self, pattern: str) -> str:
        """The first group of the first line that matches."""
        deadline = time.monotonic() + START_UP_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=min(left, 0.2))
            except queue.Empty:
                if self._child.poll() is not None:
                    break
                continue
            if match := re.search(pattern, line):
                return match.group(1)
        self.kill()
        raise RuntimeError(f"no line matches {pattern!r}; it said:\n{self.log.read_text()}")

    def succeed(self):
        """Waits for its end, which must be a good one."""
        code = self._wait(START_UP_SECONDS)
        assert code == 0, f"it ended with {code} and said:\n{self.log.read_text()}"

    def is_running(self) -> bool:
        return self._child.poll() is None

    @property
    def pid(self) -> int:
        return self._child.pid

    def send(self, number: signal.Signals):
        self._child.send_signal(number)

    def wait_for_its_end(self) -> int:
        """Its exit code, when it ends by itself."""
        return self._wait(START_UP_SECONDS)

    def ask_to_stop(self):
        """Asks it to end, and does not wait for it."""
        self._child.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Asks it to end, and gives its exit code."""
        self.ask_to_stop()
        try:
            return self._wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """`kill -9`: nothing in it gets a chance to tidy up."""
        self._child.kill()
        self._wait(STOP_SECONDS)

    def _wait(self, seconds: float) -> int:
        code = self._child.wait(timeout=seconds)
        self._reader.join(timeout=seconds)
        return code
