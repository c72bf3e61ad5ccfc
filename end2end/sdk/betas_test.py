"""Programs that believe that they talk to Anthropic, on a host that refuses what is news to it."""

import json
import os
import subprocess
from pathlib import Path

import anthropic
import pytest

from parts.configuration import CANARY, model, provider
from parts.gateway import Gateway
from parts.strict_host import StrictHost
from parts.upstreams import FakeProvider

PRICE = {"input": "3.00", "output": "15.00"}
QUESTION = [{"role": "user", "content": "hello"}]
CLAUDE = Path(__file__).parents[1] / "node_modules" / ".bin" / "claude"
TASK = 'Use the tool Bash with {"command": "echo made > made.txt", "description": "Make a file"} now.'
SECONDS = 120
# Every one of these has been refused by a host, or is Anthropic's alone.
BETAS = ["effort-2025-11-24", "prompt-caching-scope-2026-01-05", "fast-mode-2026-02-01"]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("upstream"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def host(upstream):
    running = StrictHost(upstream.url)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def hosted(tmp_path_factory, upstream, host):
    google = {"project": "acme", "location": "global", "metadata_host": host.url.removeprefix("http://")}
    vertex = {"kind": "vertex", "base_url": host.url, "google": google}
    everything = {"allow": ["*"], "allow_fields": ["*"]}
    config = {
        "providers": {
            "strict": vertex,
            "unguarded": vertex | {"betas": everything},
            "narrow": vertex | {"betas": {"deny": ["context-management-2025-06-27"], "deny_fields": ["metadata"]}},
            "anthropic": provider("anthropic", upstream.url),
        },
        "models": [
            model(name, name, PRICE, upstream=f"publishers/anthropic/models/fake@chunks=3,tag={name}")
            for name in ("strict", "unguarded", "narrow")
        ]
        + [model("anthropic", "anthropic", PRICE, upstream="fake@chunks=3,tag=anthropic")],
    }
    running = Gateway(tmp_path_factory.mktemp("hosted"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def secret(hosted):
    return hosted.create_key("sdk").secret


@pytest.fixture
def client(hosted, secret):
    return anthropic.Anthropic(base_url=hosted.url, api_key=secret, max_retries=0)


def ask(client, name: str):
    """A message with much that is new at Anthropic; the answer and the fields that were dropped."""
    raw = client.beta.messages.with_raw_response.create(
        model=name,
        max_tokens=500,
        betas=[*BETAS, "context-management-2025-06-27", "advanced-tool-use-2025-11-20"],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "hello", "cache_control": {"type": "ephemeral"}}]},
            {"role": "system", "content": "Be brief."},
        ],
        metadata={"user_id": "ada"},
        speed="standard",
        output_config={"effort": "high"},
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        system=[{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "scope": "global"}}],
        tools=[
            {
                "name": "look",
                "description": "Looks.",
                "input_schema": {"type": "object", "properties": {"scope": {"type": "string"}}},
                "defer_loading": False,
                "allowed_callers": ["direct"],
            }
        ],
        extra_body={"news": {"of": "tomorrow"}},
    )
    return raw.parse(), [name for name in raw.headers.get("x-helix-dropped-fields", "").split(", ") if name]


def test_a_host_is_sent_what_it_takes_and_the_client_is_told_the_rest(client, host):
    answer, dropped = ask(client, "strict")
    assert answer.content[0].text
    betas, body = host.seen[-1]
    assert betas == ["context-management-2025-06-27", "tool-search-tool-2025-10-19"]
    assert body["output_config"] == {"effort": "high"} and body["context_management"]["edits"]
    assert body["tools"][0]["defer_loading"] is False
    assert body["tools"][0]["input_schema"]["properties"] == {"scope": {"type": "string"}}
    assert [message["role"] for message in body["messages"]] == ["user", "user"]
    assert sorted(dropped) == sorted(
        [
            *(f"anthropic-beta: {beta}" for beta in BETAS),
            "cache_control.scope",
            "messages.system",
            "news",
            "speed",
            "tools.allowed_callers",
        ]
    )


def test_without_the_lists_the_host_refuses(client):
    with pytest.raises(anthropic.BadRequestError, match="Unexpected value"):
        ask(client, "unguarded")


def test_the_operator_can_leave_out_more(client, host):
    _, dropped = ask(client, "narrow")
    betas, body = host.seen[-1]
    assert betas == ["tool-search-tool-2025-10-19"]
    assert "metadata" not in body and "context_management" not in body
    expected = {"anthropic-beta: context-management-2025-06-27", "context_management", "metadata"}
    assert expected <= set(dropped)


def test_anthropic_itself_is_sent_everything(client):
    raw = client.beta.messages.with_raw_response.create(
        model="anthropic", max_tokens=50, messages=QUESTION, betas=BETAS, speed="standard"
    )
    assert raw.parse().content and "x-helix-dropped-fields" not in raw.headers


def test_claude_code_does_a_task_with_a_tool_on_a_strict_host(hosted, host, secret, tmp_path):
    home, directory = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    directory.mkdir()
    hosted.wait_for_the_ledger()
    before, before_all = len(host.seen), sum(record["model"] == "strict" for record in hosted.calls())
    done = subprocess.run(
        [str(CLAUDE), "-p", TASK, "--output-format", "json", "--allowedTools", "Bash"],
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": hosted.url,
            "ANTHROPIC_AUTH_TOKEN": secret,
            "ANTHROPIC_MODEL": "strict",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": "strict",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    answer = json.loads(done.stdout)
    assert not answer["is_error"] and answer["num_turns"] == 2
    assert (directory / "made.txt").read_text() == "made\n"
    # It has sent what the host would have refused, and what the host takes has arrived.
    betas, body = host.seen[before]
    assert "context-management-2025-06-27" in betas and "thinking" in body
    assert [record["outcome"] for record in hosted.calls_of("strict", before_all + 2)[before_all:]] == ["finished"] * 2


def test_the_credential_is_in_no_log(hosted):
    assert CANARY not in hosted.log() and "ya29.fake" not in hosted.log()
