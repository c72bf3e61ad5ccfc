"""Providers and models that are managed while gateways run, and the master key that seals their credentials."""

import json
import threading
import time
from pathlib import Path

import openai
import pytest

from parts.databases import fresh_database
from parts.gateway import Gateway, Key

CANARY = "canary-of-a-managed-provider-77e1"
OLD, NEW = "11" * 32, "22" * 32
PRICE = {"input": "1", "output": "2"}
QUESTION = [{"role": "user", "content": "hello"}]


def sealed_by(database: str, key: str, *former: str) -> dict:
    keys = {"master_key": {"value": key}, "previous_keys": [{"value": old} for old in former]}
    return {"database": {"url": database}, "sealing": keys}


def put(gateway: Gateway, kind: str, document: dict, *name: str) -> str:
    return gateway.command(kind, "put", *name, text=json.dumps(document))


def ask(gateway: Gateway, key: Key, model: str = "managed") -> str:
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=30)
    answer = client.chat.completions.create(model=model, messages=QUESTION, max_tokens=20)
    return answer.choices[0].message.content


def ask_until_known(gateway: Gateway, key: Key, seconds: float = 1.5):
    """What one node has changed is in force on every other within a second; the clock of a test is no finer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask(gateway, key)
        except openai.NotFoundError:
            assert time.monotonic() < deadline, "the model is not known within a second"
            time.sleep(0.05)


class Load:
    """Calls of one gateway, one after the other, until it is stopped; none of them may fail."""

    def __init__(self, gateway: Gateway, key: Key):
        self.answered, self.failed, self._is_over = 0, [], False
        self._thread = threading.Thread(target=self._run, args=(gateway, key), daemon=True)

    def _run(self, gateway: Gateway, key: Key):
        while not self._is_over:
            try:
                ask(gateway, key)
                self.answered += 1
            except openai.APIError as failed:
                self.failed.append(str(failed))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        before = self.answered
        deadline = time.monotonic() + 30
        while self.answered < before + 3 and not self.failed and time.monotonic() < deadline:
            time.sleep(0.01)
        self._is_over = True
        self._thread.join()
        assert self.failed == [] and self.answered > before


def provider(fake) -> dict:
    return {"kind": "openai", "base_url": f"{fake.url}/v1", "api_key": CANARY}


MODEL = {"name": "managed", "price": PRICE, "backends": [{"provider": "house", "model": "fake"}]}


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_provider_and_its_model_are_in_force_on_every_node_within_a_second(own_gateway, fake, kind):
    database = fresh_database(kind)
    one, other = (own_gateway(sealed_by(database, OLD)) for _ in range(2))
    key = one.create_key("curious")
    other.wait_until_known(key)
    with pytest.raises(openai.NotFoundError):
        ask(one, key)
    assert "Sealed: api_key" in put(one, "providers", provider(fake), "house")
    put(one, "models", MODEL)
    for gateway in (one, other):
        assert ask_until_known(gateway, key)
    assert CANARY in fake.calls()["last_headers"]["authorization"]
    listed = [json.loads(line) for line in other.command("providers", "list", "--format", "json").splitlines()]
    assert [(it["name"], it["origin"]) for it in listed] == [("house", "database")]
    needed = one.try_command("providers", "remove", "house")
    assert needed.returncode != 0 and "house" in needed.stderr
    one.command("models", "remove", "managed")
    one.command("providers", "remove", "house")
    deadline = time.monotonic() + 1.5
    while True:
        try:
            ask(other, key)
        except openai.NotFoundError:
            break
        assert time.monotonic() < deadline, "the model is still known after a second"
        time.sleep(0.05)
    for gateway in (one, other):
        gateway.stop()
        assert CANARY not in gateway.log()
        for path in (gateway.directory / "data").rglob("*"):
            assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


def rewrite(gateway: Gateway, config: dict):
    Path(gateway.directory / "gateway.yaml").write_text(json.dumps(config))


def test_the_master_key_is_changed_under_load_without_a_failed_call(own_gateway, fake):
    database = fresh_database("postgres")
    one, other = (own_gateway(sealed_by(database, OLD)) for _ in range(2))
    key = one.create_key("patient")
    put(one, "providers", provider(fake), "house")
    put(one, "models", MODEL)
    for gateway in (one, other):
        ask_until_known(gateway, key)
    both = sealed_by(database, NEW, OLD)
    for restarted, serving in ((one, other), (other, one)):
        with Load(serving, key):
            rewrite(restarted, both)
            restarted.restart()
            ask(restarted, key)
    with Load(one, key), Load(other, key):
        assert one.command("master-key", "reseal").startswith("1 credential sealed anew")
    status = one.command("master-key", "status")
    assert status.count("has sealed") == 1 and "reseal" not in status
    for gateway in (one, other):
        rewrite(gateway, sealed_by(database, NEW))
        gateway.restart()
        assert ask(gateway, key)


def test_a_wrong_master_key_stops_the_start_and_says_what_to_do(own_gateway, fake):
    database = fresh_database("postgres")
    gateway = own_gateway(sealed_by(database, OLD))
    put(gateway, "providers", provider(fake), "house")
    gateway.stop()
    rewrite(gateway, sealed_by(database, NEW))
    refused = gateway.try_command("serve")
    assert refused.returncode != 0
    assert "provider `house`" in refused.stderr and "sealing.previous_keys" in refused.stderr
    assert OLD not in refused.stderr and NEW not in refused.stderr and "panicked" not in refused.stderr
    rewrite(gateway, {"database": {"url": database}})
    refused = gateway.try_command("serve")
    assert refused.returncode != 0 and "write `sealing.master_key`" in refused.stderr


def test_on_sqlite_the_gateway_makes_its_own_master_key_once(own_gateway, fake):
    gateway = own_gateway({})
    key = gateway.create_key("alone")
    put(gateway, "providers", provider(fake), "house")
    put(gateway, "models", MODEL)
    ask_until_known(gateway, key)
    file = gateway.directory / "data" / "master.key"
    assert file.stat().st_mode & 0o777 == 0o600
    made = file.read_text()
    gateway.restart()
    assert ask(gateway, key) and file.read_text() == made
