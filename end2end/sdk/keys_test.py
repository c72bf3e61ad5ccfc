"""A revoked key stops working within a second, and a provider's key is never shown."""

import http.client
import json
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request

import openai
import pytest

from conftest import DIALECTS, FAKES, PRICE
from parts.configuration import CANARY, model, provider
from parts.gateway import BINARY
from parts.surfaces import BODIES

QUESTION = [{"role": "user", "content": "hello"}]
REVOCATION_SECONDS = 1.0


def test_a_key_revoked_while_in_use_is_refused_within_a_second(gateway):
    key = gateway.create_key("short-lived", user="ada@example.com")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    answered: list[float] = []
    refused: list[float] = []
    is_over = threading.Event()

    def call_again_and_again():
        while not is_over.is_set():
            started = time.monotonic()
            try:
                client.chat.completions.create(model="plain-openai", messages=QUESTION)
                answered.append(started)
            except openai.AuthenticationError:
                refused.append(started)

    callers = [threading.Thread(target=call_again_and_again) for _ in range(4)]
    for caller in callers:
        caller.start()
    while len(answered) < 20:
        time.sleep(0.01)
    gateway.revoke_key(key)
    revoked = time.monotonic()
    time.sleep(REVOCATION_SECONDS + 0.5)
    is_over.set()
    for caller in callers:
        caller.join()
    assert refused, "the key still works"
    assert max(answered) <= revoked + REVOCATION_SECONDS


def test_a_key_is_kept_only_as_a_hash(gateway):
    key = gateway.create_key("secret", user="ada@example.com")
    for path in gateway.directory.rglob("*"):
        if path.is_file():
            assert key.secret.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_providers_key_reaches_the_provider_and_nobody_else_sees_it(own_gateway, fake, dialect):
    gateway = own_gateway(
        {
            "log": {"level": "trace", "format": "json"},
            "providers": {"vendor": provider(dialect, fake.url)},
            "models": [
                model(name, "vendor", PRICE, upstream=f"fake@{directives}")
                for name, directives in FAKES.items()
                if name not in ("hangs", "stalls-midway", "slow")
            ],
        }
    )
    key = gateway.create_key("curious")
    seen: list[str] = []
    for name in FAKES:
        for path in ("/v1/chat/completions", "/v1/messages"):
            for stream in (False, True):
                body = {"model": name, "max_tokens": 20, "messages": QUESTION, "stream": stream}
                seen.append(fetch(gateway, path, key, body))
        for path, body in BODIES.items():
            seen.append(fetch(gateway, path, key, {"model": name, **body}))
    last_headers = fake.calls()["last_headers"]
    assert CANARY in (last_headers.get("x-api-key") or last_headers["authorization"])
    for page in ("/", "/sign-in", "/chat", "/keys", "/spend", "/metrics", "/healthz", "/readyz", "/v1/models"):
        seen.append(fetch(gateway, page, key))
    seen.append(json.dumps(gateway.calls()))
    seen.append(gateway.command("config", "check"))
    seen.append(complaint_about_a_broken_configuration(gateway))
    gateway.stop()
    for text in [*seen, gateway.log(), *database_dumps(gateway)]:
        assert CANARY not in text
    for path in (gateway.directory / "data").rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path


def fetch(gateway, path: str, key, body: dict | None = None) -> str:
    """Everything that an answer says, headers included, whatever its status."""
    request = urllib.request.Request(
        gateway.url + path,
        data=json.dumps(body).encode() if body else None,
        headers={"authorization": f"Bearer {key.secret}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return f"{answer.headers}\n{read(answer)}"
    except urllib.error.HTTPError as answer:
        return f"{answer.headers}\n{read(answer)}"


def read(answer) -> str:
    try:
        return answer.read().decode(errors="replace")
    except http.client.IncompleteRead as broken:
        return broken.partial.decode(errors="replace")
    except (ConnectionError, urllib.error.URLError) as broken:
        return str(broken)


def complaint_about_a_broken_configuration(gateway) -> str:
    """What `config check` says when the value beside the key is wrong."""
    broken = gateway.directory / "broken.yaml"
    config = json.loads((gateway.directory / "gateway.yaml").read_text())
    config["providers"]["vendor"]["kind"] = "opnai"
    config["providers"]["vendor"]["api_kye"] = CANARY
    broken.write_text(json.dumps(config))
    done = subprocess.run([str(BINARY), "config", "check", "--config", str(broken)], capture_output=True, text=True)
    assert done.returncode != 0 and done.stderr
    return done.stdout + done.stderr


def database_dumps(gateway) -> list[str]:
    """The SQLite databases of the data directory, as text."""
    files = [path for path in (gateway.directory / "data").rglob("*") if path.is_file()]
    databases = [path for path in files if path.read_bytes()[:15] == b"SQLite format 3"]
    assert databases
    dumps = []
    for path in databases:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            dumps.append("\n".join(database.iterdump()))
    return dumps
