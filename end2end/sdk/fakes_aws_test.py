"""The fake provider as Amazon Bedrock, tried with Amazon's own SDK and with Anthropic's for Bedrock.

What these SDKs send and take is what Bedrock takes and sends: a fake that drifts from it fails here.
"""

import json
import urllib.error
import urllib.request

import anthropic
import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError, HTTPClientError
from urllib3.exceptions import ProtocolError

from parts.tls import TlsFront
from parts.upstreams import FakeProvider

ACCESS_KEY_ID, SECRET, TOKEN, API_KEY = "AKIDEXAMPLE", "the/secret+of=this", "session", "bedrock-api-key-1"
USAGE = "input_tokens=100,cached_tokens=60,cache_write_tokens=10,output_tokens=50"
# What Bedrock, which tells input, cache reads and cache writes apart, says of it.
TOLD = {
    "inputTokens": 30,
    "outputTokens": 50,
    "totalTokens": 150,
    "cacheReadInputTokens": 60,
    "cacheWriteInputTokens": 10,
    "cacheDetails": [{"ttl": "5m", "inputTokens": 10}],
}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]}
THINKING = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
REDACT = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_"
    "46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
)


@pytest.fixture(scope="module")
def bedrock(tmp_path_factory):
    key = ["--aws-access-key-id", ACCESS_KEY_ID, "--aws-secret-access-key", SECRET, "--aws-session-token", TOKEN]
    upstream = FakeProvider(tmp_path_factory.mktemp("bedrock"), "--key", API_KEY, *key)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def front(bedrock, tmp_path_factory):
    """Amazon's SDK sends an API key over TLS only."""
    front = TlsFront(bedrock.url, tmp_path_factory.mktemp("front"))
    yield front
    front.stop()


@pytest.fixture
def client_of(bedrock, front, monkeypatch):
    """Makes clients of one of Amazon's services, as they are configured in the wild."""

    def make(service="bedrock-runtime", secret=SECRET, key_id=ACCESS_KEY_ID, token=TOKEN, bearer=None):
        for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        options = {
            "endpoint_url": bedrock.url,
            "aws_access_key_id": key_id,
            "aws_secret_access_key": secret,
            "aws_session_token": token,
        }
        if bearer:
            monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", bearer)
            options = {"endpoint_url": front.url, "verify": str(front.certificate)}
        config = Config(retries={"total_max_attempts": 1}, read_timeout=5)
        return boto3.Session().client(service, region_name="eu-central-1", config=config, **options)

    return make


@pytest.fixture
def client(client_of):
    return client_of()


def said(*blocks, role="user"):
    return {"role": role, "content": [{"text": block} if isinstance(block, str) else block for block in blocks]}


def heard(stream) -> dict:
    """What a stream's events add up to."""
    blocks = {}
    sums = {"blocks": blocks, "kinds": []}
    for event in stream:
        ((kind, body),) = event.items()
        sums["kinds"].append(kind)
        if kind == "contentBlockStart":
            blocks[body["contentBlockIndex"]] = {"input": "", **body["start"]["toolUse"]}
        elif kind == "contentBlockDelta":
            block = blocks.setdefault(body["contentBlockIndex"], {})
            delta = body["delta"]
            delta = delta.get("reasoningContent") or delta.get("toolUse") or delta
            for name, part in delta.items():
                block[name] = block[name] + part if name in block else part
        elif kind in ("messageStop", "metadata"):
            sums.update(body)
    return sums


@pytest.mark.parametrize("bearer", [None, API_KEY], ids=["signed", "with-an-api-key"])
def test_an_answer_tells_what_is_billed(client_of, bedrock, bearer):
    model = f"fake@{USAGE},tag=whole-{bool(bearer)}"
    answer = client_of(bearer=bearer).converse(modelId=model, messages=[said("hello")])
    assert answer["output"]["message"]["role"] == "assistant"
    assert answer["output"]["message"]["content"][0]["text"].startswith("The quick brown fox")
    assert (answer["stopReason"], answer["usage"]) == ("end_turn", TOLD)
    assert answer["metrics"]["latencyMs"] > 0
    billed = bedrock.billed(model)
    assert (billed["input"], billed["cached"], billed["cache_write"], billed["output"]) == (100, 60, 10, 50)


def test_a_stream_has_the_events_of_the_service_model(client, bedrock):
    model = f"fake@chunks=4,answer_bytes=40,{USAGE},tag=stream"
    messages = [said("hello", {"cachePoint": {"type": "default", "ttl": "1h"}})]
    answer = heard(client.converse_stream(modelId=model, messages=messages)["stream"])
    assert answer["kinds"] == [
        "messageStart", *["contentBlockDelta"] * 4, "contentBlockStop", "messageStop", "metadata",
    ]
    assert len(answer["blocks"][0]["text"]) == 40
    assert answer["usage"] == {**TOLD, "cacheDetails": [{"ttl": "1h", "inputTokens": 10}]}
    assert bedrock.billed(model)["output"] == 50


@pytest.mark.parametrize("streams", [False, True])
def test_a_tool_is_called_and_its_result_answered(client, streams):
    def ask(messages):
        request = {"modelId": "fake@chunks=3", "messages": messages, "toolConfig": TOOLS}
        if not streams:
            answer = client.converse(**request)
            return answer["stopReason"], answer["output"]["message"]["content"]
        answer = heard(client.converse_stream(**request)["stream"])
        blocks = answer["blocks"].values()
        called = [{"toolUse": {**block, "input": json.loads(block["input"])}} for block in blocks if "input" in block]
        return answer["stopReason"], called or list(blocks)

    reason, blocks = ask([said("use the tool")])
    assert (reason, len(blocks)) == ("tool_use", 1)
    call = blocks[0]["toolUse"]
    assert (call["name"], call["input"]) == ("weather", {"city": "example city"})
    result = {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"json": {"sky": "grey"}}]}}
    reason, blocks = ask([said("use the tool"), said(*blocks, role="assistant"), said(result)])
    assert reason == "end_turn" and blocks[0]["text"]


def test_a_choice_of_tools_is_followed(client):
    def called(choice):
        answer = client.converse(
            modelId="fake", messages=[said("hello")], toolConfig={**TOOLS, "toolChoice": choice}
        )
        return answer["stopReason"] == "tool_use"

    assert called({"any": {}}) and called({"tool": {"name": "weather"}}) and not called({"auto": {}})


def test_a_schema_is_followed(client):
    schema = {"jsonSchema": {"schema": json.dumps(SCHEMA), "name": "place"}}
    output = {"textFormat": {"type": "json_schema", "structure": schema}}
    answer = client.converse(modelId="fake", messages=[said("hello")], outputConfig=output)
    assert json.loads(answer["output"]["message"]["content"][0]["text"]) == {"city": "example city"}


def test_an_answer_ends_at_the_limit(client):
    answer = client.converse(
        modelId="fake@output_tokens=50", messages=[said("hello")], inferenceConfig={"maxTokens": 10}
    )
    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("max_tokens", 10)


def test_what_it_was_served_by_is_said_again(client):
    served = {"serviceTier": {"type": "flex"}, "performanceConfig": {"latency": "optimized"}}
    answer = client.converse(modelId="fake", messages=[said("hello")], **served)
    assert {name: answer[name] for name in served} == served
    answer = heard(client.converse_stream(modelId="fake", messages=[said("hello")], **served)["stream"])
    assert {name: answer[name] for name in served} == served


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("prompt", ["use the tool", f"use the tool {REDACT}"], ids=["shown", "redacted"])
def test_a_thought_has_to_come_back_as_it_was(client, streams, prompt):
    request = {"modelId": "fake@chunks=3", "toolConfig": TOOLS, "additionalModelRequestFields": THINKING}
    question = said(prompt)
    if streams:
        blocks = heard(client.converse_stream(messages=[question], **request)["stream"])["blocks"]
        thought = blocks[0]
        text = {name: thought[name] for name in ("text", "signature") if name in thought}
        thought = {"reasoningText": text} if text else {"redactedContent": thought["redactedContent"]}
        call = {**blocks[1], "input": json.loads(blocks[1]["input"])}
    else:
        first, second = client.converse(messages=[question], **request)["output"]["message"]["content"]
        thought, call = first["reasoningContent"], second["toolUse"]
    result = said({"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": "grey"}]}})

    def again(thought):
        turn = said({"reasoningContent": thought}, {"toolUse": call}, role="assistant")
        return client.converse(messages=[question, turn, result], **request)

    assert again(thought)["stopReason"] == "end_turn"
    forged = {"reasoningText": {"text": "another", "signature": "c2lnbg=="}}
    if "redactedContent" in thought:
        forged = {"redactedContent": b"another"}
    with pytest.raises(client.exceptions.ValidationException, match="returned the following errors: messages.1"):
        again(forged)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "another"}, "InvalidSignatureException"),
        ({"key_id": "AKIDOTHER"}, "UnrecognizedClientException"),
        ({"token": "another"}, "UnrecognizedClientException"),
        ({"token": None}, "UnrecognizedClientException"),
        ({"bearer": "another"}, "AccessDeniedException"),
    ],
    ids=["secret", "key", "token", "no-token", "api-key"],
)
def test_a_wrong_credential_is_refused_and_not_billed(client_of, bedrock, changes, code):
    calls = bedrock.calls()["calls"]
    with pytest.raises(ClientError) as refused:
        client_of(**changes).converse(modelId="fake", messages=[said("hello")])
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["Error"]["Message"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert bedrock.calls()["calls"] == calls


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_a_failure_has_the_class_of_the_service_model(client, status, error):
    with pytest.raises(getattr(client.exceptions, error)) as failed:
        client.converse(modelId=f"fake@status={status}", messages=[said("hello")])
    assert failed.value.response["Error"]["Code"] == error
    assert failed.value.response["ResponseMetadata"]["RequestId"]


def test_an_exception_in_a_stream_ends_it(client, bedrock):
    model = "fake@chunks=10,error_event=2,output_tokens=100,tag=exception"
    events = []
    with pytest.raises(EventStreamError, match="throttlingException") as failed:
        collect(events, client.converse_stream(modelId=model, messages=[said("hello")])["stream"])
    assert "Too many tokens" in str(failed.value)
    assert [kind for event in events for kind in event] == ["messageStart", *["contentBlockDelta"] * 2]
    assert bedrock.billed(model)["output"] == 20


def collect(events, stream):
    for event in stream:
        events.append(event)


def test_a_stream_that_is_reset_is_not_whole(client):
    events = []
    with pytest.raises((HTTPClientError, ProtocolError)):
        collect(events, client.converse_stream(modelId="fake@reset_after=2", messages=[said("hello")])["stream"])
    assert [kind for event in events for kind in event][-1] == "contentBlockDelta"


def test_a_stream_that_is_cut_in_an_event_ends_without_it(client):
    events = []
    collect(events, client.converse_stream(modelId="fake@cut_event=2", messages=[said("hello")])["stream"])
    kinds = [kind for event in events for kind in event]
    assert kinds == ["messageStart", "contentBlockDelta", "contentBlockDelta"]


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([said("hello", role="assistant")], "must start with a user message"),
        ([said("hello"), said("hello")], "must alternate between user and assistant"),
        ([said(" ")], "messages.0.content.0 is blank"),
        ([said({"toolResult": {"toolUseId": "a", "content": []}})], "exceeds the number of toolUse blocks"),
        ([said("a"), said({"toolUse": {"toolUseId": "a", "name": "b", "input": {}}}, role="assistant"), said("c")],
         "following Ids: a"),
    ],
)
def test_the_rules_of_a_conversation_are_bedrocks(client, messages, words):
    with pytest.raises(client.exceptions.ValidationException, match=words):
        client.converse(modelId="fake", messages=messages, toolConfig=TOOLS)


def test_what_the_service_model_has_not_is_refused(client_of, bedrock):
    """Past the SDK's own checks, as a gateway would send it, but signed."""

    def refused(body) -> tuple[str, str]:
        url = f"{bedrock.url}/model/fake/converse"
        request = botocore.awsrequest.AWSRequest("POST", url, data=json.dumps(body))
        credentials = botocore.credentials.Credentials(ACCESS_KEY_ID, SECRET, TOKEN)
        botocore.auth.SigV4Auth(credentials, "bedrock", "us-east-1").add_auth(request)
        raw = urllib.request.Request(url, request.data.encode(), dict(request.headers), method="POST")
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(raw, timeout=5)
        assert answer.value.code == 400
        return answer.value.headers["x-amzn-errortype"], json.load(answer.value)["message"]

    hello = [said("hello")]
    kind, message = refused({"messages": hello, "max_tokens": 5})
    assert kind == "ValidationException" and "max_tokens" in message
    assert "temperature" in refused({"messages": hello, "inferenceConfig": {"temperature": 2}})[1]
    kind, _ = refused({"messages": hello, "inferenceConfig": {"maxTokens": "5"}})
    assert kind == "SerializationException"


def test_the_models_are_listed(client_of):
    models = client_of("bedrock").list_foundation_models(byProvider="Fake")["modelSummaries"]
    assert [model["modelId"] for model in models] == ["fake", "fake-mini", "fake-embedding"]
    assert models[0]["modelLifecycle"] == {"status": "ACTIVE"} and models[0]["responseStreamingSupported"]


# Anthropic's models, invoked with their own messages.


@pytest.fixture(params=["signed", "with-an-api-key"])
def claude(request, bedrock, monkeypatch):
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    keys = {"api_key": API_KEY}
    if request.param == "signed":
        keys = {"aws_access_key": ACCESS_KEY_ID, "aws_secret_key": SECRET, "aws_session_token": TOKEN}
    return anthropic.AnthropicBedrock(base_url=bedrock.url, aws_region="eu-west-1", max_retries=0, **keys)


def hello(prompt="hello"):
    return {"max_tokens": 2_000, "messages": [{"role": "user", "content": prompt}]}


def test_a_model_is_invoked_with_anthropics_messages(claude, bedrock):
    model = f"anthropic.fake-v1:0@{USAGE},tag=invoked-{bool(claude.api_key)}"
    message = claude.messages.create(model=model, **hello())
    assert message.content[0].text.startswith("The quick") and message.stop_reason == "end_turn"
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (30, 60, 50)
    assert bedrock.billed(model)["input"] == 100


def test_an_invocation_streams_in_chunks(claude, bedrock):
    model = f"fake@chunks=4,output_tokens=50,tag=chunks-{bool(claude.api_key)}"
    with claude.messages.stream(model=model, **hello()) as stream:
        kinds = [event.type for event in stream if event.type.startswith(("message", "content_block"))]
        message = stream.get_final_message()
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop" and message.usage.output_tokens == 50
    assert bedrock.billed(model)["output"] == 50


def test_a_tool_of_an_invocation_is_called_and_its_thought_comes_back(claude):
    request = {
        "model": "fake",
        "max_tokens": 2_000,
        "tools": [{"name": "weather", "input_schema": SCHEMA}],
        "thinking": {"type": "enabled", "budget_tokens": 1_024},
    }
    question = {"role": "user", "content": "use the tool"}
    message = claude.messages.create(messages=[question], **request)
    thought, call = message.content
    assert (thought.type, call.name, call.input) == ("thinking", "weather", {"city": "example city"})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "grey"}
    turns = [question, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
    assert claude.messages.create(messages=turns, **request).stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, anthropic.BadRequestError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
    ],
)
def test_a_failed_invocation_has_its_class(claude, status, error):
    with pytest.raises(error):
        claude.messages.create(model=f"fake@status={status}", **hello())


def test_an_exception_ends_an_invocations_stream(claude):
    with pytest.raises(anthropic.APIStatusError, match="throttlingException"):
        for _ in claude.messages.create(model="fake@error_event=2", stream=True, **hello()):
            pass


def test_an_invocation_is_told_in_headers_and_metrics(client):
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", **hello()})
    whole = client.invoke_model(modelId=f"fake@{USAGE}", body=body)
    headers = whole["ResponseMetadata"]["HTTPHeaders"]
    assert (headers["x-amzn-bedrock-input-token-count"], headers["x-amzn-bedrock-output-token-count"]) == ("30", "50")
    assert json.loads(whole["body"].read())["usage"]["output_tokens"] == 50
    stream = client.invoke_model_with_response_stream(modelId=f"fake@{USAGE}", body=body)
    assert stream["contentType"] == "application/json"
    events = [json.loads(event["chunk"]["bytes"]) for event in stream["body"]]
    assert events[-1]["amazon-bedrock-invocationMetrics"]["cacheReadInputTokenCount"] == 60


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "anthropic_version: Field required"),
        ({"anthropic_version": "claude-3"}, "Invalid API version: claude-3"),
        ({"anthropic_version": "bedrock-2023-05-31", "stream": True}, "stream: Extra inputs"),
        ({"anthropic_version": "bedrock-2023-05-31", "model": "fake"}, "model: Extra inputs"),
    ],
)
def test_an_invocation_is_refused_as_bedrock_does(client, body, words):
    with pytest.raises(client.exceptions.ValidationException, match=words):
        client.invoke_model(modelId="fake", body=json.dumps({**hello(), **body}))
