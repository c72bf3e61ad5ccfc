"""The audit trail: verified by the gateway, by the program in the documentation, and after tampering."""

import json
import re
import sqlite3

import openai
import pytest

from parts.configuration import model, provider
from parts.gateway import REPOSITORY

CALLS = 6
QUESTION = [{"role": "user", "content": "hello"}]
PRICE = {"input": "1", "output": "2"}


@pytest.fixture
def gateway(own_gateway, fake):
    """A gateway with some calls, one of them refused, and some changes."""
    gateway = own_gateway(
        {"providers": {"fake": provider("openai", fake.url)}, "models": [model("m", "fake", PRICE, upstream="fake@chunks=3")]}
    )
    gateway.add_user("ada@example.com", team="Research")
    key = gateway.create_key("audited", "ada@example.com")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    for number in range(CALLS):
        for _ in client.chat.completions.create(model="m", messages=QUESTION, stream=True):
            pass
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="nobody-serves-this", messages=QUESTION)
    gateway.calls_of("nobody-serves-this", 1)
    return gateway


def change(gateway, statement: str):
    """As somebody with the database file in hand would."""
    with sqlite3.connect(gateway.directory / "data" / "helix.db") as database:
        assert database.execute(statement).rowcount > 0
    database.close()


def test_an_export_is_verified_offline_by_the_gateway_and_by_the_program_in_the_documentation(gateway, tmp_path):
    assert "Every link is as it was written." in gateway.command("audit", "verify")
    export = tmp_path / "audit.jsonl"
    gateway.command("audit", "export", "--output", str(export))
    gateway.stop()
    assert "Every link is as it was written." in gateway.command("audit", "verify", str(export))

    program = re.search(r"```python\n(.*?)```", (REPOSITORY / "docs" / "AUDIT.md").read_text(), re.DOTALL).group(1)
    read = {"open": lambda name: open(export)}
    exec(program, read)
    assert len(read["last"]) == 2, "both chains were followed"

    lines = export.read_text().splitlines(keepends=True)
    third_call = next(at for at, line in enumerate(lines) if '"chain":"calls"' in line and '"sequence":3' in line)
    export.write_text("".join(lines).replace('"model":"m"', '"model":"n"', 1))
    told = gateway.try_command("audit", "verify", str(export))
    assert told.returncode != 0 and "link 1 (req_" in told.stdout, told
    with pytest.raises(AssertionError):
        exec(program, {"open": lambda name: open(export)})
    export.write_text("".join(lines[:third_call] + lines[third_call + 1 :]))
    assert "link 3 is missing" in gateway.try_command("audit", "verify", str(export)).stdout


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE calls SET cost_nanos = cost_nanos - 1 WHERE audit_sequence = 4", "calls .*link 4 \\(req_.*changed"),
        ("UPDATE cost_lines SET tokens = 0", "calls .*link 1 \\(req_.*changed"),
        ("UPDATE audit_entries SET actor = 'somebody' WHERE audit_sequence = 2", "changes .*link 2 \\(audit_.*changed"),
        ("DELETE FROM audit_entries WHERE audit_sequence = 3", "changes .*link 3 is missing"),
        ("DELETE FROM calls WHERE model = 'nobody-serves-this'", "calls .*link 7 is missing"),
    ],
    ids=["cost", "cost-lines", "actor", "removed-change", "cut-off-call"],
)
def test_tampering_in_the_database_is_found_and_named(gateway, statement, finding):
    change(gateway, statement)
    told = gateway.try_command("audit", "verify")
    assert told.returncode != 0
    broken = [line for line in told.stdout.splitlines() if line.startswith("BROKEN")]
    assert re.search(finding, broken[0]), told.stdout


def test_the_chain_goes_on_after_kill_9_and_a_restart(gateway):
    heads = gateway.command("audit", "heads")
    gateway.process.kill()
    gateway.start()
    gateway.create_key("after the crash")
    hashes = [line.split()[-1] for line in heads.splitlines()]
    expected = [argument for noted in hashes if set(noted) != {"0"} for argument in ("--expect-head", noted)]
    assert "Every link is as it was written." in gateway.command("audit", "verify", *expected)
    told = gateway.try_command("audit", "verify", "--expect-head", "ab" * 32)
    assert told.returncode != 0 and "which was noted before" in told.stdout


def test_changes_say_who_did_what_to_what(gateway):
    listed = gateway.command("audit", "list", "--action", "key", "--format", "json")
    newest = json.loads(listed.splitlines()[0])
    assert (newest["action"], newest["actor"], newest["before"]) == ("key.create", "command line", None)
    assert newest["after"]["name"] == "audited" and "hx_" not in listed
    assert "user.create" in gateway.command("audit", "list", "--action", "user.create")
    assert gateway.command("audit", "list", "--actor", "nobody here") == "No change is like that."
