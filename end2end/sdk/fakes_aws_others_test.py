"""The stand-ins for SageMaker and for Bedrock's embeddings, under Amazon's own SDK.

Nothing stands between: a stand-in that drifts from its vendor fails here.
"""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from parts.upstreams import FakeProvider

KEY_ID, SECRET = "AKIDEXAMPLE", "the/secret+of=this"
COUNTS = "chunks=4,input_tokens=100,output_tokens=50"
QUESTION = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def amazon(tmp_path_factory):
    key = ["--aws-access-key-id", KEY_ID, "--aws-secret-access-key", SECRET]
    upstream = FakeProvider(tmp_path_factory.mktemp("amazon"), *key)
    yield upstream
    upstream.stop()


def client(amazon, service: str, secret=SECRET):
    return boto3.Session().client(
        service,
        region_name="eu-central-1",
        endpoint_url=amazon.url,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=5),
    )


def asked(model: str, **more) -> dict:
    body = json.dumps({"model": model, "messages": QUESTION, **more})
    return {"EndpointName": "llama-endpoint", "Body": body, "ContentType": "application/json"}


def invoke(amazon, model_id: str, **body) -> dict:
    told = client(amazon, "bedrock-runtime").invoke_model(modelId=model_id, body=json.dumps(body))
    return json.load(told["body"])


def test_an_endpoint_answers_as_its_container_does(amazon):
    model = f"fake@{COUNTS},tag=whole"
    told = client(amazon, "sagemaker-runtime").invoke_endpoint(**asked(model))
    assert told["ContentType"] == "application/json"
    answer = json.load(told["Body"])
    assert answer["choices"][0]["message"]["content"] and answer["usage"]["completion_tokens"] == 50
    assert amazon.billed(model)["output"] == 50


def test_an_endpoint_streams_what_its_container_writes(amazon):
    more = {"stream": True, "stream_options": {"include_usage": True}}
    told = client(amazon, "sagemaker-runtime").invoke_endpoint_with_response_stream(**asked(f"fake@{COUNTS}", **more))
    text = b"".join(part["PayloadPart"]["Bytes"] for part in told["Body"]).decode()
    events = [line.removeprefix("data: ") for line in text.splitlines() if line]
    assert events[-1] == "[DONE]" and json.loads(events[-2])["usage"]["completion_tokens"] == 50


def test_a_container_that_refuses_is_told_from_the_service(amazon):
    runtime = client(amazon, "sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as told:
        runtime.invoke_endpoint(**asked("fake@status=400"))
    assert told.value.response["OriginalStatusCode"] == 400
    assert json.loads(told.value.response["OriginalMessage"])["error"]["message"]
    with pytest.raises(ClientError) as told:
        runtime.invoke_endpoint(**asked("fake@status=429"))
    assert told.value.response["Error"]["Code"] == "ModelNotReadyException"


def test_a_stream_that_breaks_is_an_exception_in_it(amazon):
    more = {"stream": True}
    runtime = client(amazon, "sagemaker-runtime")
    told = runtime.invoke_endpoint_with_response_stream(**asked("fake@chunks=6,error_event=2", **more))
    with pytest.raises(EventStreamError, match="ModelStreamError"):
        list(told["Body"])


def test_a_signature_by_another_secret_is_not_taken(amazon):
    with pytest.raises(ClientError) as told:
        client(amazon, "sagemaker-runtime", secret="another").invoke_endpoint(**asked("fake"))
    assert told.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_titan_embeds_one_text(amazon):
    model = "amazon.titan-embed-text-v2:0@input_tokens=5"
    told = invoke(amazon, model, inputText="hello", dimensions=256)
    assert (len(told["embedding"]), told["inputTextTokenCount"]) == (256, 5)
    first = invoke(amazon, "amazon.titan-embed-text-v1", inputText="hello")
    assert set(first) == {"embedding", "inputTextTokenCount"}
    with pytest.raises(ClientError, match="extraneous key .dimensions."):
        invoke(amazon, "amazon.titan-embed-text-v1", inputText="hello", dimensions=256)


def test_cohere_embeds_several_and_tells_tokens_in_a_header(amazon):
    body = {"texts": ["a", "b"], "input_type": "search_document", "embedding_types": ["float"]}
    told = client(amazon, "bedrock-runtime").invoke_model(
        modelId="cohere.embed-english-v3@input_tokens=7", body=json.dumps(body)
    )
    headers = told["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "7"
    assert len(json.load(told["body"])["embeddings"]["float"]) == 2
    with pytest.raises(ClientError, match="extraneous key .model."):
        invoke(amazon, "cohere.embed-english-v3", **body, model="x")


def test_cohere_ranks(amazon):
    told = invoke(amazon, "cohere.rerank-v3-5:0", query="a", documents=["a", "b"], api_version=2)
    assert [result["index"] for result in told["results"]] == [0, 1]
