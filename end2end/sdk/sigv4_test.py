"""What the gateway signs for Amazon, verified by botocore's own signer, with keys from every place."""

import json
import subprocess

import openai
import pytest

from parts.configuration import model
from parts.gateway import BINARY
from parts.signed_upstream import ANSWER, CONTAINER_TOKEN, KEYS
from parts.upstreams import SignedUpstream

PRICE = {"input": "1.00", "output": "3.00"}
REGION = {"region": "eu-central-1"}
QUESTION = [{"role": "user", "content": "Grüezi"}]
# A model's ARN has colons and slashes, which are escaped once in the address and twice in the signature.
ARN = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"
# No place has a key but for what a test puts there.
NOWHERE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
    "AWS_CONFIG_FILE": "/nowhere/config",
}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = SignedUpstream(tmp_path_factory.mktemp("signed"))
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def no_keys_of_this_machine(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def configured(key_id: str) -> dict:
    secret, token = KEYS[key_id]
    keys = {"access_key_id": key_id, "secret_access_key": secret}
    return {**REGION, **keys, **({"session_token": token} if token else {})}


@pytest.fixture
def stage(own_gateway, upstream):
    """A gateway in front of the upstream, with `aws` and an environment of the test's own."""

    def start(aws: dict, path: str = "", **environment):
        config = {
            "providers": {"bedrock": {"kind": "bedrock", "base_url": f"{upstream.url}{path}", "aws": aws}},
            "models": [
                model("nova", "bedrock", PRICE, upstream="amazon.nova-lite-v1:0"),
                model("nova-by-arn", "bedrock", PRICE, upstream=ARN),
            ],
        }
        return own_gateway(config, None, **{**NOWHERE, **environment})

    return start


def client_of(gateway) -> openai.OpenAI:
    key = gateway.create_key("sigv4")
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)


def ask(gateway, model="nova") -> str:
    answer = client_of(gateway).chat.completions.create(model=model, messages=QUESTION)
    return answer.choices[0].message.content


@pytest.mark.parametrize("key_id", ["AKIDCONFIGURED", "ASIACONFIGURED"])
@pytest.mark.parametrize("path", ["", "/behind/a proxy"], ids=["root", "path"])
def test_a_request_is_signed_with_the_keys_of_the_configuration(stage, key_id, path):
    gateway = stage(configured(key_id), path)
    client = client_of(gateway)
    for name in ("nova", "nova-by-arn"):
        answer = client.chat.completions.create(model=name, messages=QUESTION)
        assert answer.choices[0].message.content == ANSWER
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (12, 5)
    pieces = [
        chunk.choices[0].delta.content or ""
        for chunk in client.chat.completions.create(model="nova", messages=QUESTION, stream=True)
        if chunk.choices
    ]
    assert pieces == ["", *ANSWER.split(), ""]
    records = gateway.calls_of("nova", 2)
    assert [record["cost"] for record in records] == ["0.000027000"] * 2


def test_keys_are_found_in_the_environment(stage):
    secret, _ = KEYS["AKIDENVIRONMENT"]
    gateway = stage(REGION, AWS_ACCESS_KEY_ID="AKIDENVIRONMENT", AWS_SECRET_ACCESS_KEY=secret)
    assert ask(gateway) == ANSWER


def test_keys_are_found_in_a_profile(stage, tmp_path):
    secret, _ = KEYS["AKIDPROFILE"]
    files = tmp_path / "credentials"
    files.write_text(f"[team]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = {secret}\n")
    gateway = stage({**REGION, "profile": "team"}, AWS_SHARED_CREDENTIALS_FILE=str(files))
    assert ask(gateway) == ANSWER


def test_keys_are_found_at_the_containers_endpoint(stage, upstream, tmp_path):
    token = tmp_path / "token"
    token.write_text(CONTAINER_TOKEN)
    gateway = stage(
        REGION,
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{upstream.url}/container/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token),
    )
    assert ask(gateway) == ANSWER
    assert KEYS["ASIACONTAINER"][0] not in gateway.log()


def test_where_no_key_is_found_the_places_are_named(stage):
    gateway = stage(REGION)
    with pytest.raises(openai.InternalServerError, match="has nothing that opens bedrock") as failed:
        ask(gateway)
    for place in ("environment", "web identity", "profile", "container", "machine"):
        gateway.wait_for_log(f"the {place}: none")
        assert place not in str(failed.value), "a caller is not told how the gateway runs"
    tried = gateway.try_command("providers", "test", "bedrock")
    assert tried.returncode != 0 and "credential: none was found" in tried.stdout
    assert "could not be opened: no key for Amazon was found" in tried.stderr


def test_a_key_that_is_refused_is_told_and_what_it_keeps_secret_is_not(stage):
    aws = {**configured("ASIACONFIGURED"), "secret_access_key": "another-secret-canary"}
    gateway = stage(aws)
    with pytest.raises(openai.InternalServerError, match="refused the gateway's credential"):
        ask(gateway)
    tried = gateway.try_command("providers", "test", "bedrock")
    told = tried.stdout + tried.stderr
    assert "credential: not accepted" in told and "the signature is another" in told
    for secret in ("another-secret-canary", aws["session_token"]):
        assert secret not in told and secret not in gateway.log()


def test_the_check_lists_models_with_a_signature(stage):
    told = stage(configured("AKIDCONFIGURED")).command("providers", "test", "bedrock")
    assert "2 models" in told and "credential: accepted" in told


@pytest.mark.parametrize(
    ("aws", "words"),
    [
        ({}, "providers.bedrock.aws.region: it is asked in a region"),
        ({**REGION, "access_key_id": "AKID"}, "providers.bedrock.aws.secret_access_key"),
        ({**REGION, "secret_access_key": "${MISSING_SECRET}"}, "`MISSING_SECRET` is not set"),
        ({**REGION, "regoin": "x"}, "did you mean `region`?"),
    ],
    ids=["no-region", "half-a-key", "no-variable", "unknown-key"],
)
def test_a_configuration_that_cannot_work_is_refused_by_name(tmp_path, aws, words):
    file = tmp_path / "gateway.yaml"
    file.write_text(json.dumps({"providers": {"bedrock": {"kind": "bedrock", "aws": aws}}}))
    done = subprocess.run([str(BINARY), "config", "check", "--config", str(file)], capture_output=True, text=True)
    assert done.returncode != 0 and words in done.stderr + done.stdout
