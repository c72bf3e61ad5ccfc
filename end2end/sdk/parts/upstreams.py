"""What stands behind the gateway in these tests, each on a free port."""

import json
import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

from .gateway import TARGET
from .process import Process

HERE = Path(__file__).parent
BILL_SECONDS = 5
FAKE_PROVIDER = Path(os.environ.get("HELIX_FAKE_PROVIDER", TARGET / "debug" / "fake-provider"))


class Upstream:
    """An upstream that prints where it listens."""

    def __init__(self, command: list[str], directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        self._process = Process(command, directory, {})
        self.url = self._process.wait_for(r"^listening on (http://\S+)").rstrip("/")

    def stop(self):
        self._process.kill()


class FakeProvider(Upstream):
    """The bench's fake provider: it does what the name of the model says, and keeps a bill."""

    def __init__(self, directory: Path, *options: str):
        super().__init__([str(FAKE_PROVIDER), "--listen", "127.0.0.1:0", *options], directory)

    def calls(self) -> dict:
        return self._read("/_calls")

    def items(self) -> list[dict]:
        """Each call by the id that the gateway gave it, where it was started with `--itemize`."""
        return self._read("/_items")

    def _read(self, path: str):
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as response:
            return json.load(response)

    def billed(self, model: str) -> dict:
        """The line of the bill of one model."""
        return next(line for line in self.calls()["bill"] if line["model"] == model)

    def wait_for_bill(self, model: str, output: range):
        """Until what a model's answers cost is within a range: a cut is noticed at the next write."""
        deadline = time.monotonic() + BILL_SECONDS
        while (billed := self.billed(model)["output"]) not in output:
            assert time.monotonic() < deadline, f"{billed} tokens were billed, not {output}"
            time.sleep(0.05)


class ToolCaller(Upstream):
    """Speaks Anthropic's dialect and calls tools."""

    def __init__(self, directory: Path):
        super().__init__([sys.executable, str(HERE / "tool_caller.py")], directory)


class SignedUpstream(Upstream):
    """Speaks Converse to whoever signs as botocore does."""

    def __init__(self, directory: Path):
        super().__init__([sys.executable, str(HERE / "signed_upstream.py")], directory)


class LlamaServer(Upstream):
    """llama.cpp's own server with a random model, for `chat`, `tools` or `embeddings`."""

    def __init__(self, directory: Path, purpose: str):
        directory.mkdir(parents=True, exist_ok=True)
        model = str(directory / "tiny.gguf")
        Process([sys.executable, str(HERE / "tiny_model.py"), model], directory, {}).succeed()
        command = [sys.executable, str(HERE / "llama_server.py"), model, str(free_port()), purpose]
        super().__init__(command, directory)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
