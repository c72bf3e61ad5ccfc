"""Agents from npm, unmodified, edit a file over several turns, on their own dialect and on foreign ones.

The fake provider follows the task, which spells out what to call; the agents themselves read, edit and look, and send
back what came of it. Nothing but the gateway is asked for anything: no telemetry, no updates.
"""

import json

import pytest

from parts.agents import Workplace, claude_code, codex
from parts.gateway import Gateway
from parts.sent import Sent
from parts.task import configuration
from parts.upstreams import FakeProvider

CLAUDE_CODE_ON = ["anthropic", "vertex-claude", "bedrock-claude", "bedrock", "openai", "responses", "gemini"]
CODEX_ON = ["responses", "openai", "anthropic", "gemini", "bedrock"]
BEFORE, AFTER = "The door is open – wide “open”.\n", "The door is shut – wide “open”.\n"
TURNS = 4


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("agents-upstream"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory, upstream):
    names = dict.fromkeys([*CLAUDE_CODE_ON, *CODEX_ON])
    running = Gateway(tmp_path_factory.mktemp("agents-gateway"), configuration(upstream.url, tuple(names)))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def secret(house):
    return house.create_key("agents").secret


@pytest.fixture
def place(tmp_path):
    place = Workplace.under(tmp_path)
    (place.work / "house.txt").write_text(BEFORE)
    return place


def check_the_work(place, house, provider: str, before: int, sent: Sent):
    """The file is edited, the provider has seen every result under its call's id, and nobody else was asked."""
    assert (place.work / "house.txt").read_text() == AFTER
    assert len(sent.calls) == len(sent.results) == TURNS - 1
    assert [call.id for call in sent.calls] == [result.id for result in sent.results]
    assert "The door is open" in sent.results[0].text and "The door is shut" in sent.results[2].text
    assert place.watchman.asked == []
    records = house.calls_of(provider, before + TURNS)[before:]
    assert [record["outcome"] for record in records] == ["finished"] * TURNS


@pytest.mark.parametrize("provider", CLAUDE_CODE_ON)
def test_claude_code_edits_a_file(house, secret, upstream, place, provider):
    before = count(house, provider)
    file = str(place.work / "house.txt")
    edit = {"file_path": file, "old_string": "is open", "new_string": "is shut"}
    look = {"command": "cat house.txt", "description": "Look at the house"}
    answer = claude_code(
        place,
        house.url,
        secret,
        provider,
        f"Use the tool Read with {json.dumps({'file_path': file})}, then the tool Edit with {json.dumps(edit)}, "
        f"then the tool Bash with {json.dumps(look)}, and say what you did.",
        "Read,Edit,Bash",
    )
    assert not answer["is_error"] and answer["num_turns"] == TURNS
    assert answer["result"].startswith("The quick brown fox")
    assert answer["usage"]["output_tokens"] == TURNS * 50
    check_the_work(place, house, provider, before, Sent(upstream.calls()["last_body"]))


@pytest.mark.parametrize("provider", CODEX_ON)
def test_codex_edits_a_file(house, secret, upstream, place, provider):
    before = count(house, provider)
    patch = "*** Begin Patch\n*** Update File: house.txt\n@@\n"
    patch += f"-{BEFORE}+{AFTER}*** End Patch"
    steps = ["cat house.txt", f"apply_patch <<'EOF'\n{patch}\nEOF", "cat house.txt"]
    calls = [f"the tool exec_command with {json.dumps({'cmd': step})}" for step in steps]
    events = codex(place, house.url, secret, provider, f"Use {', then '.join(calls)}, and say what you did.")
    said = [event["item"]["text"] for event in events if event.get("item", {}).get("type") == "agent_message"]
    assert said[-1].startswith("The quick brown fox")
    assert events[-1]["type"] == "turn.completed" and events[-1]["usage"]["output_tokens"] == TURNS * 50
    check_the_work(place, house, provider, before, Sent(upstream.calls()["last_body"]))


def count(house, provider: str) -> int:
    house.wait_for_the_ledger()
    return sum(record["model"] == provider for record in house.calls())
