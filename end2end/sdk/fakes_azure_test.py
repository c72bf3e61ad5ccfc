"""The stand-in for Azure OpenAI, under the official SDK.

Nothing stands between: a stand-in that drifts from its vendor fails here.
"""

import json
import urllib.error

import openai
import pytest

from parts.clouds import entra_token, expire_tokens, managed_identity_token
from parts.upstreams import FakeProvider

COUNTS = "chunks=4,input_tokens=100,output_tokens=60"
QUESTION = [{"role": "user", "content": "hello"}]
LOOK = {
    "name": "look",
    "description": "Looks at something.",
    "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    upstream = FakeProvider(tmp_path_factory.mktemp("cloud"))
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A fake provider that knows one key, which is also its clients' secret."""
    upstream = FakeProvider(tmp_path_factory.mktemp("locked"), "--key", "right")
    yield upstream
    upstream.stop()


def azure(upstream, **credential) -> openai.AzureOpenAI:
    credential = credential or {"api_key": "any"}
    return openai.AzureOpenAI(
        azure_endpoint=upstream.url, api_version="2024-10-21", max_retries=0, timeout=10, **credential
    )


def test_azure_openai_answers_by_deployment_and_tells_what_its_filter_found(cloud):
    client = azure(cloud)
    model = f"fake@{COUNTS},tag=azure"
    answer = client.chat.completions.create(model=model, messages=QUESTION)
    assert answer.choices[0].message.content and answer.usage.completion_tokens == 60
    assert answer.choices[0].content_filter_results["hate"] == {"filtered": False, "severity": "safe"}
    first, *rest = client.chat.completions.create(model=model, messages=QUESTION, stream=True)
    assert first.choices == [] and first.prompt_filter_results[0]["prompt_index"] == 0
    assert len("".join(chunk.choices[0].delta.content or "" for chunk in rest)) == 500
    assert cloud.billed(model)["count"] == 2
    functions = [{"type": "function", "function": LOOK}]
    question = [{"role": "user", "content": 'Use the tool look with {"at": "the door"}.'}]
    called = client.chat.completions.create(model="fake", messages=question, tools=functions).choices[0]
    assert json.loads(called.message.tool_calls[0].function.arguments) == {"at": "the door"}
    made = client.embeddings.create(model="fake-embedding@dimensions=8", input=["a", "b"])
    assert [len(one.embedding) for one in made.data] == [8, 8]


def test_azure_openai_takes_a_token_of_entra_until_its_time_is_over(cloud):
    for take in (entra_token, managed_identity_token):
        client = azure(cloud, azure_ad_token_provider=lambda take=take: take(cloud.url)["access_token"])
        assert client.chat.completions.create(model="fake", messages=QUESTION).choices
    token = entra_token(cloud.url)
    assert token["token_type"] == "Bearer" and token["expires_in"] == 3599
    client = azure(cloud, azure_ad_token=token["access_token"])
    assert client.chat.completions.create(model="fake", messages=QUESTION).choices
    expire_tokens(cloud.url)
    with pytest.raises(openai.AuthenticationError, match="audience is incorrect"):
        client.chat.completions.create(model="fake", messages=QUESTION)


def test_a_token_for_another_resource_is_none_for_azure_openai(cloud):
    token = managed_identity_token(cloud.url, "https://vault.azure.net")["access_token"]
    with pytest.raises(openai.AuthenticationError):
        azure(cloud, azure_ad_token=token).chat.completions.create(model="fake", messages=QUESTION)


def test_entra_says_what_is_wrong(locked):
    for form, error, number in [
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
        ({"client_secret": ""}, "invalid_client", 7000215),
        ({"scope": "openid"}, "invalid_scope", 1002012),
        ({"grant_type": "password"}, "unsupported_grant_type", 70003),
        ({"client_id": ""}, "invalid_request", 900144),
    ]:
        with pytest.raises(urllib.error.HTTPError) as refused:
            entra_token(locked.url, **{"client_secret": "right", **form})
        body = json.load(refused.value)
        assert (body["error"], body["error_codes"]) == (error, [number])
    assert entra_token(locked.url, client_secret="right")["access_token"]


@pytest.mark.parametrize(
    "directives, kind, code",
    [
        ("status=404", openai.NotFoundError, "DeploymentNotFound"),
        ("status=429,retry_after=2", openai.RateLimitError, "429"),
        ("status=500", openai.InternalServerError, None),
        ("block", openai.BadRequestError, "content_filter"),
    ],
)
def test_azure_openai_fails_in_its_own_words(cloud, directives, kind, code):
    with pytest.raises(kind) as failed:
        azure(cloud).chat.completions.create(model=f"fake@{directives}", messages=QUESTION)
    assert failed.value.code == code
    if "retry_after" in directives:
        assert failed.value.response.headers["retry-after"] == "2"


def test_azure_openai_without_a_version_or_with_a_wrong_key(locked):
    with pytest.raises(openai.AuthenticationError, match="invalid subscription key"):
        azure(locked, api_key="wrong").chat.completions.create(model="fake", messages=QUESTION)
    without = openai.OpenAI(
        base_url=f"{locked.url}/openai/deployments/fake", api_key="x", default_headers={"api-key": "right"}
    )
    with pytest.raises(openai.NotFoundError, match="Resource not found"):
        without.chat.completions.create(model="fake", messages=QUESTION)
    newer = openai.OpenAI(base_url=f"{locked.url}/openai/v1", api_key="right")
    assert newer.chat.completions.create(model="fake", messages=QUESTION).choices
