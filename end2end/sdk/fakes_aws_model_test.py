"""The fake provider as Amazon Bedrock against Amazon's own description of it, which comes with botocore.

Whatever the service model lets a request have, the fake takes; what it demands, the fake demands; and answers have
nothing but what it describes. A new botocore that describes more shows here what the fake has to learn.
"""

import json
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

MODEL = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"), "bedrock-runtime")
CONVERSE, CONVERSE_STREAM = (MODEL.operation_model(name) for name in ("Converse", "ConverseStream"))
USAGE = "input_tokens=100,cached_tokens=60,cache_write_tokens=10,output_tokens=50"
HELLO = {"role": "user", "content": [{"text": "hello"}]}
# How a refusal of a shape begins, unlike one of what is said in it.
SHAPE_WORDS = ("1 validation error", "Unknown parameter", "must set one of the following keys")
# What Bedrock fills events up with; the service model leaves it out.
PADDING = "p"
# Texts that have to look like something.
TEXTS = {"schema": '{"type": "object"}', "uri": "s3://bucket/key"}


@pytest.fixture(scope="module")
def client(fake):
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client("bedrock-runtime", endpoint_url=fake.url, region_name="us-east-1", config=config, **keys)


def variants(shape, name=""):
    """Values of a shape that together have every member and every word that there is."""
    if getattr(shape, "is_document_type", False):
        return [{"any": ["thing", 1, None]}]
    if shape.type_name == "structure":
        members = {member: variants(inner, member) for member, inner in shape.members.items()}
        if getattr(shape, "is_tagged_union", False):
            return [{member: value} for member, values in members.items() for value in values]
        full = {member: values[0] for member, values in members.items()}
        return [full] + [{**full, member: value} for member, values in members.items() for value in values[1:]]
    if shape.type_name == "list":
        return [[value] for value in variants(shape.member)]
    if shape.type_name == "map":
        return [{"name": value} for value in variants(shape.value)]
    if shape.type_name == "string":
        return list(shape.enum) or [TEXTS.get(name, "text")]
    if shape.type_name == "blob":
        return [b"bytes"]
    if shape.type_name == "boolean":
        return [True]
    return [shape.metadata.get("min", 0)]


def requests_of(operation):
    """Requests that together have all that an operation takes, each with one member of it."""
    for member, shape in operation.input_shape.members.items():
        if member == "modelId":
            continue
        for value in variants(shape, member):
            request = {"modelId": "fake", "messages": [HELLO], member: value}
            yield pytest.param(request, id=f"{member}-{abs(hash(json.dumps(value, default=str))) % 10**6}")


def refusal_of(client, request) -> str:
    """What the fake says to a request; nothing if it takes it."""
    try:
        client.converse(**request)
    except ClientError as refused:
        return f"{refused.response['Error']['Code']}: {refused.response['Error']['Message']}"
    return ""


def test_whatever_the_service_model_describes_is_taken(client):
    refused = []
    for case in requests_of(CONVERSE):
        said = refusal_of(client, case.values[0])
        if "SerializationException" in said or any(words in said for words in SHAPE_WORDS):
            refused.append((case.values[0], said))
    assert not refused, refused[:3]


def test_a_guardrail_of_a_stream_may_be_asynchronous(client):
    for mode in variants(CONVERSE_STREAM.input_shape.members["guardrailConfig"]):
        answer = client.converse_stream(modelId="fake", messages=[HELLO], guardrailConfig=mode)
        assert any("messageStop" in event for event in answer["stream"])


def spoilt(value, shape):
    """Values without something that the shape demands, or with what is below its bounds or not its word."""
    if getattr(shape, "is_document_type", False):
        return
    if shape.type_name == "structure":
        for member in shape.required_members:
            yield {name: inner for name, inner in value.items() if name != member}
        for member, inner in value.items():
            for changed in spoilt(inner, shape.members[member]):
                yield {**value, member: changed}
    elif shape.type_name == "list":
        if shape.metadata.get("min", 0) > 0:
            yield []
        for changed in spoilt(value[0], shape.member) if value else ():
            yield [changed]
    elif shape.type_name == "string" and shape.enum:
        yield "another word"
    elif shape.type_name == "string" and shape.metadata.get("min", 0) > 0:
        yield ""
    elif shape.type_name in ("integer", "float") and "min" in shape.metadata:
        yield shape.metadata["min"] - 1


def test_whatever_the_service_model_demands_is_demanded(client):
    taken = []
    for member, shape in CONVERSE.input_shape.members.items():
        if member == "modelId":
            continue
        for value in variants(shape, member):
            for changed in spoilt(value, shape):
                said = refusal_of(client, {"modelId": "fake", "messages": [HELLO], member: changed})
                if not any(words in said for words in SHAPE_WORDS):
                    taken.append((member, changed, said))
    assert not taken, taken[:3]


def strangers(value, shape, place="answer"):
    """What an answer has that its shape has not, or has not that its shape demands."""
    if getattr(shape, "is_document_type", False):
        return
    if shape.type_name == "structure":
        yield from (f"{place}.{name} is missing" for name in shape.required_members if name not in value)
        for name, inner in value.items():
            if name in shape.members:
                yield from strangers(inner, shape.members[name], f"{place}.{name}")
            else:
                yield f"{place}.{name} is unknown"
    elif shape.type_name == "list":
        for inner in value:
            yield from strangers(inner, shape.member, place)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{place} is {value}"


ASKED = [
    {"messages": [HELLO], "serviceTier": {"type": "flex"}, "performanceConfig": {"latency": "optimized"}},
    {
        "messages": [{"role": "user", "content": [{"text": "use the tool"}]}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    },
    {"messages": [HELLO], "inferenceConfig": {"maxTokens": 1}},
]


def raw(fake, operation, body) -> bytes:
    url = f"{fake.url}/model/fake@{USAGE}/{operation}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Authorization": "Bearer any"}, method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read()


@pytest.mark.parametrize("body", ASKED, ids=["text", "thought-and-call", "limit"])
def test_an_answer_has_nothing_but_what_is_described(fake, body):
    answer = json.loads(raw(fake, "converse", body))
    assert list(strangers(answer, CONVERSE.output_shape)) == []


@pytest.mark.parametrize("body", ASKED, ids=["text", "thought-and-call", "limit"])
def test_a_stream_has_nothing_but_what_is_described(fake, body):
    frames = EventStreamBuffer()
    frames.add_data(raw(fake, "converse-stream", body))
    events = CONVERSE_STREAM.output_shape.members["stream"].members
    seen = set()
    for frame in frames:
        kind = frame.headers[":event-type"]
        event = json.loads(frame.payload)
        assert event.pop(PADDING)
        assert list(strangers(event, events[kind], kind)) == []
        seen.add(kind)
    assert {"messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"} <= seen
