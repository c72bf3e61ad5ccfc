"""The stand-ins for OpenAI's and Azure's files and batches, and for Anthropic's message batches, under the official SDKs.

Nothing stands between: a stand-in that drifts from its vendor fails here.
"""

import asyncio

import anthropic
import openai
import pytest

from parts.batches import anthropic_requests, openai_lines, results
from parts.upstreams import FakeProvider

COUNTS = "input_tokens=100,output_tokens=40"
STRICT = {"max_retries": 0, "timeout": 10, "_strict_response_validation": True}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("batches"))
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["openai", "azure"])
def client(upstream, request):
    # Whatever is not as the SDK's types say fails.
    if request.param == "openai":
        return openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="any", **STRICT)
    key = {"api_key": "any", "default_headers": {"api-key": "any"}}
    return openai.OpenAI(base_url=f"{upstream.url}/openai/v1", **key, **STRICT)


@pytest.fixture(scope="module", params=["stable", "beta"])
def message_batches(upstream, request):
    client = anthropic.Anthropic(base_url=upstream.url, api_key="any", **STRICT)
    return client.messages.batches if request.param == "stable" else client.beta.messages.batches


def tag(request) -> str:
    """A name that only this test's calls have."""
    return f"tag={request.node.name.replace('[', '-').rstrip(']')}"


def begin(client, model: str, count: int = 4, **more) -> openai.types.Batch:
    file = client.files.create(file=("batch.jsonl", openai_lines(model, count)), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", **more
    )


def test_a_file_is_kept_until_it_is_deleted(client, upstream):
    file = client.files.create(
        file=("notes.txt", b"some notes"),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3_600},
    )
    assert (file.bytes, file.filename, file.purpose) == (10, "notes.txt", "user_data")
    assert file.expires_at - file.created_at == 3_600
    assert "sha256" in upstream.calls()["last_body"]
    assert client.files.retrieve(file.id) == file
    assert client.files.content(file.id).read() == b"some notes"
    assert client.files.delete(file.id).deleted
    for asked in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {file.id}"):
            asked(file.id)


def test_files_are_listed_page_by_page_newest_first_and_by_purpose(client):
    made = [client.files.create(file=(f"{name}.txt", b"x"), purpose="vision").id for name in "abc"]
    page = client.files.list(purpose="vision", limit=2)
    assert [file.id for file in page.data] == [made[2], made[1]] and page.has_more
    assert [file.id for file in client.files.list(purpose="vision", limit=2)] == made[::-1]
    assert [file.id for file in client.files.list(purpose="vision", order="asc")] == made
    assert not client.files.list(purpose="evals").data


def test_a_file_for_batches_has_lines_and_a_purpose_has_a_name(client):
    with pytest.raises(openai.BadRequestError, match="Must be .jsonl"):
        client.files.create(file=("batch.txt", b"{}"), purpose="batch")
    with pytest.raises(openai.BadRequestError, match="is not one of"):
        client.files.create(file=("batch.jsonl", b"{}"), purpose="hoarding")


def test_a_batch_is_done_when_it_has_been_asked_for_often_enough(client, upstream, request):
    model = f"fake@{COUNTS},batch_polls=2,{tag(request)}"
    batch = begin(client, model, metadata={"night": "first"})
    assert (batch.status, batch.model, batch.metadata) == ("validating", model, {"night": "first"})
    assert [client.batches.retrieve(batch.id).status for _ in range(2)] == ["in_progress"] * 2
    assert not [line for line in upstream.calls()["bill"] if line["model"] == model]
    done = client.batches.retrieve(batch.id)
    assert done.status == "completed" and done.error_file_id is None and done.errors is None
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (4, 4, 0)
    assert (done.usage.input_tokens, done.usage.output_tokens, done.usage.total_tokens) == (400, 160, 560)
    lines = results(client.files.content(done.output_file_id).read())
    assert list(lines) == ["r3", "r2", "r1", "r0"]
    answer = openai.types.chat.ChatCompletion.model_validate(lines["r0"]["response"]["body"])
    assert lines["r0"]["response"]["status_code"] == 200 and lines["r0"]["error"] is None
    assert (answer.model, answer.usage.completion_tokens) == (model, 40)
    billed = upstream.billed(model)
    assert billed["batch"] and (billed["count"], billed["input"], billed["output"]) == (4, 400, 160)
    assert client.files.retrieve(done.output_file_id).purpose == "batch_output"
    client.batches.retrieve(batch.id)
    assert upstream.billed(model)["count"] == 4


def test_what_azure_answers_in_a_batch_went_through_its_filter(upstream):
    client = openai.OpenAI(base_url=f"{upstream.url}/openai/v1", api_key="any", default_headers={"api-key": "any"})
    batch = client.batches.retrieve(begin(client, "fake").id)
    lines = results(client.files.content(batch.output_file_id).read())
    assert lines["r0"]["response"]["body"]["choices"][0]["content_filter_results"]["hate"]["filtered"] is False


def test_requests_that_fail_are_in_a_file_of_their_own(client, upstream, request):
    model = f"fake@{COUNTS},batch_errors=1,{tag(request)}"
    batch = client.batches.retrieve(begin(client, model).id)
    assert (batch.request_counts.completed, batch.request_counts.failed) == (3, 1)
    errors = results(client.files.content(batch.error_file_id).read())
    assert list(errors) == ["r0"] and errors["r0"]["response"]["status_code"] == 500
    assert errors["r0"]["response"]["body"]["error"]["type"] == "server_error"
    assert upstream.billed(model)["count"] == 3
    none_left = client.batches.retrieve(begin(client, f"fake@status=400,{tag(request)}").id)
    assert none_left.status == "completed" and none_left.output_file_id is None
    assert none_left.request_counts.failed == 4


@pytest.mark.parametrize("end, code", [("expired", "batch_expired"), ("cancelled", "batch_cancelled")])
def test_a_batch_that_ends_early_is_done_by_half(client, upstream, request, end, code):
    model = f"fake@{COUNTS},batch_end={end},{tag(request)}"
    batch = client.batches.retrieve(begin(client, model).id)
    assert batch.status == end and getattr(batch, f"{end}_at") > batch.created_at
    assert list(results(client.files.content(batch.output_file_id).read())) == ["r1", "r0"]
    errors = results(client.files.content(batch.error_file_id).read())
    assert errors["r3"]["response"] is None and errors["r3"]["error"]["code"] == code
    assert upstream.billed(model)["count"] == 2


def test_a_batch_is_cancelled_while_it_is_under_way(client, upstream, request):
    model = f"fake@{COUNTS},batch_polls=1,{tag(request)}"
    batch = begin(client, model)
    assert client.batches.cancel(batch.id).status == "cancelling"
    assert client.batches.retrieve(batch.id).status == "cancelling"
    cancelled = client.batches.retrieve(batch.id)
    assert cancelled.status == "cancelled" and cancelled.request_counts.completed == 2
    assert upstream.billed(model)["count"] == 2
    with pytest.raises(openai.ConflictError, match="status 'cancelled'"):
        client.batches.cancel(batch.id)


@pytest.mark.parametrize(
    "lines, code, line",
    [
        (b"", "empty_file", None),
        (openai_lines("fake", 1) + b"oops\n", "invalid_json_line", 2),
        (openai_lines("fake", 1) * 2, "duplicate_custom_id", 2),
        (openai_lines("fake", 1, "/v1/embeddings", input="a"), "mismatched_url", 1),
        (openai_lines("fake", 1) + openai_lines("fake-mini", 1), "mismatched_model", 2),
        (b'{"custom_id": "r0"}', "missing_required_parameter", 1),
    ],
)
def test_a_batch_fails_whose_file_is_not_valid(client, lines, code, line):
    file = client.files.create(file=("batch.jsonl", lines), purpose="batch")
    asked = {"input_file_id": file.id, "completion_window": "24h"}
    batch = client.batches.create(endpoint="/v1/chat/completions", **asked)
    assert batch.status == "validating"
    failed = client.batches.retrieve(batch.id)
    assert failed.status == "failed" and failed.output_file_id is None and failed.error_file_id is None
    [error] = failed.errors.data
    assert (error.code, error.line) == (code, line) and error.message


def test_a_batch_fails_for_reasons_that_are_not_in_its_file(client, upstream, request):
    model = f"fake@batch_end=failed,{tag(request)}"
    batch = client.batches.retrieve(begin(client, model).id)
    assert batch.status == "failed" and batch.errors.data[0].code == "token_limit_exceeded"
    assert not [line for line in upstream.calls()["bill"] if line["model"] == model]


def test_a_batch_that_cannot_be_is_refused(client):
    for refused, kind in (
        ({"input_file_id": "file-unheard-of"}, openai.NotFoundError),
        ({"endpoint": "/v1/unheard-of"}, openai.BadRequestError),
        ({"completion_window": "1h"}, openai.BadRequestError),
        ({"input_file_id": client.files.create(file=("a.txt", b"a"), purpose="user_data").id}, openai.BadRequestError),
    ):
        file = client.files.create(file=("batch.jsonl", openai_lines("fake", 1)), purpose="batch")
        asked = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        with pytest.raises(kind):
            client.batches.create(**asked | refused)
    with pytest.raises(openai.InternalServerError):
        begin(client, "fake@batch_status=503")
    with pytest.raises(openai.NotFoundError, match="No batch found"):
        client.batches.retrieve("batch_unheard-of")


def test_batches_are_listed_page_by_page_newest_first(client):
    made = [begin(client, "fake").id for _ in range(3)]
    page = client.batches.list(limit=2)
    assert [batch.id for batch in page.data] == [made[2], made[1]] and page.has_more
    assert page.data[0].status == "validating"
    assert [batch.id for batch in client.batches.list(limit=2)][:3] == made[::-1]


def test_embeddings_come_in_batches_too(client):
    lines = openai_lines("fake-embedding@dimensions=4", 2, "/v1/embeddings", input="a")
    file = client.files.create(file=("batch.jsonl", lines), purpose="batch")
    asked = {"input_file_id": file.id, "endpoint": "/v1/embeddings", "completion_window": "24h"}
    batch = client.batches.retrieve(client.batches.create(**asked).id)
    lines = results(client.files.content(batch.output_file_id).read())
    assert len(lines["r1"]["response"]["body"]["data"][0]["embedding"]) == 4


def test_results_break_off_as_often_as_the_name_says(client):
    batch = client.batches.retrieve(begin(client, "fake@batch_cuts=1").id)
    with pytest.raises(openai.APIConnectionError):
        client.files.content(batch.output_file_id)
    assert len(results(client.files.content(batch.output_file_id).read())) == 4


def test_the_asynchronous_client_sees_the_same(upstream):
    async def journey():
        async with openai.AsyncOpenAI(base_url=f"{upstream.url}/v1", api_key="any", **STRICT) as client:
            lines = openai_lines("fake", 2)
            file = await client.files.create(file=("batch.jsonl", lines), purpose="batch")
            asked = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
            batch = await client.batches.create(input_file_id=file.id, **asked)
            batch = await client.batches.retrieve(batch.id)
            content = await client.files.content(batch.output_file_id)
            return results(content.read()), [batch.id async for batch in client.batches.list()]

    lines, listed = asyncio.run(journey())
    assert set(lines) == {"r0", "r1"} and listed


def test_a_message_batch_ends_when_it_has_been_asked_for_often_enough(message_batches, upstream, request):
    model = f"fake@{COUNTS},batch_polls=1,{tag(request)}"
    batch = message_batches.create(requests=anthropic_requests(model, 4))
    assert (batch.processing_status, batch.request_counts.processing) == ("in_progress", 4)
    assert (batch.expires_at - batch.created_at).days == 1 and batch.results_url is None
    with pytest.raises(anthropic.AnthropicError, match="No `results_url`"):
        message_batches.results(batch.id)  # which asks for the batch first
    with pytest.raises(anthropic.BadRequestError, match="In progress batches cannot be deleted"):
        message_batches.delete(batch.id)
    ended = message_batches.retrieve(batch.id)
    assert ended.processing_status == "ended" and ended.ended_at > ended.created_at
    assert (ended.request_counts.succeeded, ended.request_counts.processing) == (4, 0)
    lines = list(message_batches.results(batch.id))
    assert [line.custom_id for line in lines] == ["r3", "r2", "r1", "r0"]
    usage = lines[0].result.message.usage
    assert (usage.input_tokens, usage.output_tokens, usage.service_tier) == (100, 40, "batch")
    billed = upstream.billed(model)
    assert billed["batch"] and (billed["count"], billed["input"], billed["output"]) == (4, 400, 160)
    assert message_batches.delete(batch.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError, match="not found"):
        message_batches.retrieve(batch.id)


@pytest.mark.parametrize(
    "directive, kind, billed",
    [
        ("batch_end=expired", "expired", 2),
        ("batch_end=cancelled", "canceled", 2),
        ("batch_errors=2", "errored", 2),
        ("batch_end=failed", "errored", 0),
    ],
)
def test_what_becomes_of_each_message_is_told(message_batches, upstream, request, directive, kind, billed):
    model = f"fake@{COUNTS},{directive},{tag(request)}"
    batch = message_batches.retrieve(message_batches.create(requests=anthropic_requests(model, 4)).id)
    assert getattr(batch.request_counts, kind) == 4 - billed and batch.request_counts.succeeded == billed
    told = [line.result for line in message_batches.results(batch.id)]
    assert [result.type for result in told].count(kind) == 4 - billed
    if kind == "errored":
        error = next(result.error for result in told if result.type == kind)
        assert error.error.type == "api_error"
    lines = [line for line in upstream.calls()["bill"] if line["model"] == model]
    assert sum(line["count"] for line in lines) == billed


def test_a_message_batch_is_cancelled_while_it_is_under_way(message_batches):
    batch = message_batches.create(requests=anthropic_requests("fake@batch_polls=1", 3))
    cancelling = message_batches.cancel(batch.id)
    assert cancelling.processing_status == "canceling" and cancelling.cancel_initiated_at
    assert message_batches.retrieve(batch.id).processing_status == "canceling"
    ended = message_batches.retrieve(batch.id)
    assert (ended.request_counts.succeeded, ended.request_counts.canceled) == (1, 2)
    with pytest.raises(anthropic.BadRequestError, match="already ended"):
        message_batches.cancel(batch.id)


def test_what_is_wrong_with_the_list_is_refused_and_with_one_message_is_its_result(message_batches):
    def refused(requests):
        with pytest.raises(anthropic.BadRequestError) as failed:
            message_batches.create(requests=requests)
        return failed.value.body["error"]["message"]

    one, two = anthropic_requests("fake", 2)
    assert "at least 1 item" in refused([])
    assert "Duplicate custom_id found: r0" in refused([one, one])
    assert "should match pattern" in refused([one | {"custom_id": "a b"}])
    assert "at most 64" in refused([one | {"custom_id": "a" * 65}])
    assert "requests.0.custom_id: Field required" in refused([{"params": one["params"]}])
    broken = [one, two | {"params": {"model": "fake"}}]
    batch = message_batches.retrieve(message_batches.create(requests=broken).id)
    told = {line.custom_id: line.result for line in message_batches.results(batch.id)}
    assert told["r0"].type == "succeeded" and "Field required" in told["r1"].error.error.message
    with pytest.raises(anthropic.APIStatusError) as failed:
        message_batches.create(requests=anthropic_requests("fake@batch_status=529", 1))
    assert failed.value.status_code == 529


def test_message_batches_are_listed_in_both_directions(message_batches):
    made = [message_batches.create(requests=anthropic_requests("fake", 1)).id for _ in range(5)]
    newest = message_batches.list(limit=2)
    assert [batch.id for batch in newest.data] == [made[4], made[3]] and newest.has_more
    assert (newest.first_id, newest.last_id) == (made[4], made[3])
    following = message_batches.list(limit=2, after_id=made[3])
    assert [batch.id for batch in following.data] == [made[2], made[1]]
    before = message_batches.list(limit=2, before_id=made[1])
    assert [batch.id for batch in before.data] == [made[3], made[2]] and before.has_more
    assert [batch.id for batch in message_batches.list(limit=2)][:5] == made[::-1]


def test_who_has_no_key_gets_nothing_and_messages_want_a_version(tmp_path):
    locked = FakeProvider(tmp_path, "--key", "right")
    try:
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(base_url=f"{locked.url}/v1", api_key="wrong", **STRICT).files.list()
        with pytest.raises(anthropic.AuthenticationError):
            anthropic.Anthropic(base_url=locked.url, api_key="wrong", **STRICT).messages.batches.list()
        without = {"default_headers": {"anthropic-version": anthropic.omit}}
        with pytest.raises(anthropic.BadRequestError, match="anthropic-version"):
            anthropic.Anthropic(base_url=locked.url, api_key="right", **without, **STRICT).messages.batches.list()
    finally:
        locked.stop()


def test_results_of_messages_break_off_as_often_as_the_name_says(message_batches):
    batch = message_batches.create(requests=anthropic_requests("fake@batch_cuts=1", 4))
    with pytest.raises(Exception):  # noqa: B017 - what the transport makes of a reset
        list(message_batches.results(batch.id))
    assert len(list(message_batches.results(batch.id))) == 4
