"""Agents from npm, unmodified, in a home and a directory of their own: only URL, key and model are set."""

import json
import os
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[1] / "node_modules" / ".bin"
MODELS = ["plain-openai", "plain-anthropic"]
TASK = 'Use the tool Bash with {"command": "echo made > made.txt", "description": "Make a file"} now.'
SECONDS = 120


def run(tmp_path, command: list[str], **environment: str) -> str:
    home, directory = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    directory.mkdir()
    done = subprocess.run(
        command,
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("model", MODELS)
def test_claude_code_does_a_task_with_a_tool(gateway, key, tmp_path, model):
    gateway.wait_for_the_ledger()
    before = sum(record["model"] == model for record in gateway.calls())
    told = run(
        tmp_path,
        [str(PROGRAMS / "claude"), "-p", TASK, "--output-format", "json", "--allowedTools", "Bash"],
        ANTHROPIC_BASE_URL=gateway.url,
        ANTHROPIC_AUTH_TOKEN=key.secret,
        ANTHROPIC_MODEL=model,
        ANTHROPIC_DEFAULT_HAIKU_MODEL=model,
        DISABLE_AUTOUPDATER="1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
    )
    answer = json.loads(told)
    assert not answer["is_error"] and answer["num_turns"] == 2
    assert answer["result"].startswith("The quick brown fox")
    assert (tmp_path / "work" / "made.txt").read_text() == "made\n"
    assert answer["usage"]["output_tokens"] == 100

    records = gateway.calls_of(model, before + 2)[before:]
    assert [record["outcome"] for record in records] == ["finished", "finished"]
