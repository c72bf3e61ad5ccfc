"""The gateway's own binary, in a directory of its own, on a free port."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from .process import Process

REPOSITORY = Path(__file__).resolve().parents[3]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
BINARY = Path(os.environ.get("HELIXGATEWAY", TARGET / "debug" / "helixgateway"))
LOG_SECONDS = 5
KEY_SECONDS = 2
RECORD_SECONDS = 10  # how long a record may take from the end of its call to the ledger


@dataclass(frozen=True)
class Key:
    """An API key: what a client sends, and the id by which it is revoked."""

    secret: str
    id: str


class Gateway:
    """A gateway with a configuration; it survives `kill` and `restart`, as its directory does."""

    def __init__(
        self,
        directory: Path,
        config: dict,
        environment: dict[str, str] | None = None,
        prefix: list[str] | None = None,
    ):
        self.directory = directory
        self._command = [*(prefix or []), str(BINARY)]  # what comes before the binary becomes it in the end
        # YAML is a superset of JSON.
        (directory / "gateway.yaml").write_text(json.dumps(config, indent=2))
        self._environment = {"HELIX__SERVER__LISTEN": "127.0.0.1:0", "HELIX__LOG__LEVEL": "debug"}
        self._environment |= environment or {}
        self.start()

    def start(self):
        self.process = self._begin()
        self.url = self.process.wait_for(r"^listening on (http://\S+)")

    def _begin(self) -> Process:
        return Process([*self._command, "serve", "--config", "gateway.yaml"], self.directory, self._environment)

    def try_to_start(self, seconds: float):
        """Starts it and kills it so soon after that it has hardly begun."""
        self.process = self._begin()
        time.sleep(seconds)
        self.process.kill()

    def restart(self):
        self.process.stop()
        self.start()

    def stop(self):
        if self.process.is_running():
            self.process.stop()
        assert "panicked" not in self.log()

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def try_command(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess:
        """Runs a subcommand beside the running gateway, however it ends."""
        return subprocess.run(
            [*self._command, *arguments[:2], "--config", "gateway.yaml", *arguments[2:]],
            cwd=self.directory,
            env=os.environ | self._environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def command(self, *arguments: str, text: str = "") -> str:
        """Runs a subcommand beside the running gateway and gives what it prints."""
        done = self.try_command(*arguments, text=text)
        assert done.returncode == 0, f"{arguments} failed:\n{done.stderr}"
        return done.stdout.strip()

    def add_user(self, email: str, team: str):
        name = email.split("@")[0].title()
        who = ("--email", email, "--name", name, "--team", team, "--role", "member")
        self.command("user", "add", *who, "--password-stdin", text="correct horse battery staple\n")

    def create_key(self, name: str, user: str | None = None) -> Key:
        owner = ("--user", user) if user else ()
        secret, key_id = self.command("keys", "create", "--name", name, "--with-id", *owner).split()
        key = Key(secret, key_id)
        self.wait_until_known(key)
        return key

    def wait_until_known(self, key: Key):
        """A key that another process made works within a second."""
        request = urllib.request.Request(f"{self.openai_url}/models", headers={"x-api-key": key.secret})
        deadline = time.monotonic() + KEY_SECONDS
        while True:
            try:
                urllib.request.urlopen(request, timeout=KEY_SECONDS).close()
                return
            except urllib.error.HTTPError as refused:
                assert refused.code == 401 and time.monotonic() < deadline, refused
                time.sleep(0.05)

    def revoke_key(self, key: Key):
        self.command("keys", "revoke", key.id)

    def calls(self) -> list[dict]:
        """Every record of the ledger, in the order of arrival."""
        return [json.loads(line) for line in self.command("calls", "list", "--format", "json").splitlines()]

    def call(self, request_id: str) -> dict:
        """The record of one call, which may take a moment to reach the ledger."""
        deadline = time.monotonic() + RECORD_SECONDS
        while time.monotonic() < deadline:
            for record in self.calls():
                if record["request_id"] == request_id:
                    return record
            time.sleep(0.1)
        raise AssertionError(f"there is no record of {request_id}:\n{self.log()}")

    def calls_of(self, model: str, count: int) -> list[dict]:
        """The records of a model, once there are at least `count`."""
        deadline = time.monotonic() + RECORD_SECONDS
        while time.monotonic() < deadline:
            records = [record for record in self.calls() if record["model"] == model]
            if len(records) >= count:
                return records
            time.sleep(0.1)
        raise AssertionError(f"{len(records)} instead of {count} records of {model}")

    def budgets(self) -> list[dict]:
        """Every budget that something is used of, or that is configured by name."""
        return [json.loads(line) for line in self.command("budgets", "list", "--format", "json").splitlines()]

    def readiness(self) -> tuple[int, dict]:
        """The status of /readyz, and what it says."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def metric(self, name: str) -> float:
        """One number of /metrics; zero where it was never counted."""
        text = urllib.request.urlopen(f"{self.url}/metrics", timeout=10).read().decode()
        lines = [line.split() for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line[-1]) for line in lines)

    def wait_for_the_ledger(self, seconds: float = 60):
        """Until every record is in the database."""
        deadline = time.monotonic() + seconds
        while self.metric("helix_journal_owed_records") or self.metric("helix_journal_backlog_bytes"):
            assert time.monotonic() < deadline, f"records wait in the journal:\n{self.log()}"
            time.sleep(0.1)

    def log(self) -> str:
        return self.process.log.read_text()

    def wait_for_log(self, words: str):
        """Until the log has these words: it is written a moment after the answer."""
        deadline = time.monotonic() + LOG_SECONDS
        while words not in self.log():
            assert time.monotonic() < deadline, f"{words!r} is not in the log:\n{self.log()}"
            time.sleep(0.05)


def cost(record: dict) -> Decimal:
    """Dollars, exactly."""
    return Decimal(record["cost"])
