"""Agents from npm as people run them: a home and a directory of their own, a URL, a key and a model."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .watchman import Watchman

PROGRAMS = Path(__file__).parents[2] / "node_modules" / ".bin"
SECONDS = 120


@dataclass
class Workplace:
    """Where an agent works, and what it asks of the world beside the gateway goes to a watchman."""

    home: Path
    work: Path
    watchman: Watchman

    @classmethod
    def under(cls, directory: Path) -> "Workplace":
        place = cls(directory / "home", directory / "work", Watchman())
        place.home.mkdir()
        place.work.mkdir()
        return place

    def run(self, command: list[str], **environment: str) -> str:
        """What it writes, once it has ended well."""
        proxies = {f"{kind}_PROXY": self.watchman.url for kind in ("HTTP", "HTTPS", "ALL")}
        proxies |= {name.lower(): value for name, value in proxies.items()}
        done = subprocess.run(
            command,
            cwd=self.work,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                **proxies,
                "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


def claude_code(place: Workplace, url: str, secret: str, model: str, task: str, tools: str) -> dict:
    """What Claude Code says when it has done a task."""
    command = [str(PROGRAMS / "claude"), "-p", task, "--output-format", "json", "--allowedTools", tools]
    told = place.run(
        command,
        ANTHROPIC_BASE_URL=url,
        ANTHROPIC_AUTH_TOKEN=secret,
        ANTHROPIC_MODEL=model,
        ANTHROPIC_DEFAULT_HAIKU_MODEL=model,
        DISABLE_AUTOUPDATER="1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
    )
    return json.loads(told)


def codex(place: Workplace, url: str, secret: str, model: str, task: str) -> list[dict]:
    """The events of Codex doing a task."""
    (place.home / "config.toml").write_text(
        f'model = "{model}"\nmodel_provider = "helix"\nweb_search = "disabled"\n'
        "[analytics]\nenabled = false\n[features]\nplugins = false\n"
        f'[model_providers.helix]\nname = "Helix"\nbase_url = "{url}/v1"\n'
        'env_key = "HELIX_KEY"\nwire_api = "responses"\n'
    )
    freely = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    command = [str(PROGRAMS / "codex"), "exec", "--json", *freely, task]
    told = place.run(command, CODEX_HOME=str(place.home), HELIX_KEY=secret)
    return [json.loads(line) for line in told.splitlines() if line.startswith("{")]
