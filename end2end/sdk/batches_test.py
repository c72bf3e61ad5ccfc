"""Files and batches through the gateway, by unmodified SDKs: whose they are, what becomes of them and what they cost."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai
import pytest

from parts.batch_stage import BATCH_PRICE, KINDS, SDKS, config, spent_nanos, upstream_name
from parts.batches import (
    CHATS,
    Account,
    AnthropicBatches,
    OpenAiBatches,
    anthropic_requests,
    billed_nanos,
    openai_lines,
    results,
)
from parts.configuration import CANARY
from parts.gateway import Gateway
from parts.upstreams import FakeProvider


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("vendors"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, upstream):
    running = Gateway(tmp_path_factory.mktemp("batches"), config(upstream))
    running.add_user("ada@example.com", team="Support")
    running.add_user("eve@example.com", team="Research")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def ada(gateway):
    return gateway.create_key("ada", user="ada@example.com")


@pytest.fixture(scope="module")
def eve(gateway):
    return gateway.create_key("eve", user="eve@example.com")


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def batches(gateway, ada, kind):
    return SDKS[kind](gateway, ada)


def test_a_batch_is_charged_what_it_can_cost_and_then_what_it_has_cost(gateway, batches, upstream, kind):
    name, before = f"done-{kind}", spent_nanos(gateway)
    begun = batches.begin(name)
    account = Account(gateway, name)
    charged = account.wait_until_charged()
    # Four answers of 200 tokens at $7.50 a million, and what was asked.
    assert charged > 4 * 200 * 7_500 and spent_nanos(gateway) - before == charged
    assert not batches.retrieve(begun.id).has_ended and account.costs() == charged
    ended = batches.retrieve(begun.id)
    assert ended.has_ended and ended.done == 4
    bill = billed_nanos(upstream, upstream_name("done", kind), BATCH_PRICE)
    assert bill == 4 * (100 * 1_500 + 40 * 7_500)
    assert account.costs() == bill and account.corrections() == 1
    assert spent_nanos(gateway) - before == bill
    assert batches.results(begun.id) == {f"r{index}": "done" for index in range(4)}
    assert account.corrections() == 1
    [record] = gateway.calls_of(name, 1)
    assert (record["outcome"], record["provider"]) == ("finished", kind)
    told = gateway.command("audit", "list", "--action", "batch.settle", "--format", "json")
    assert record["request_id"] in told


@pytest.mark.parametrize(
    "name, done, others",
    [("expired", 2, "expired"), ("cancelled", 2, "cancelled"), ("errors", 3, "errored"), ("failed", 0, "errored")],
)
def test_only_what_was_done_is_paid_for(gateway, batches, upstream, kind, name, done, others):
    begun = batches.begin(f"{name}-{kind}")
    account = Account(gateway, f"{name}-{kind}")
    assert account.wait_until_charged() > done * (100 * 1_500 + 40 * 7_500)
    ended = batches.retrieve(begun.id)
    assert ended.has_ended and ended.done == done
    bill = billed_nanos(upstream, upstream_name(name, kind), BATCH_PRICE)
    assert account.costs() == bill == done * (100 * 1_500 + 40 * 7_500)
    told = list(batches.results(begun.id).values())
    if (name, kind) not in (("failed", "openai"), ("failed", "azure")):
        assert told.count("done") == done and told.count(others) == 4 - done


def test_a_batch_is_cancelled_and_what_was_done_is_paid_for(gateway, batches, upstream, kind):
    begun = batches.begin(f"stopped-{kind}")
    account = Account(gateway, f"stopped-{kind}")
    account.wait_until_charged()
    assert "cancel" in batches.cancel(begun.id).status
    while not (ended := batches.retrieve(begun.id)).has_ended:
        assert account.corrections() == 0
    assert ended.done == 2
    assert account.costs() == billed_nanos(upstream, upstream_name("stopped", kind), BATCH_PRICE)
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as refused:
        batches.cancel(begun.id)
    assert refused.value.status_code in (400, 409)


def test_results_that_break_off_put_nothing_right(gateway, batches, upstream, kind):
    begun = batches.begin(f"cut-{kind}")
    account = Account(gateway, f"cut-{kind}")
    charged = account.wait_until_charged()
    for _ in range(2):
        with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as failed:
            batches.retrieve(begun.id)
        assert failed.value.status_code >= 500 and account.costs() == charged
    assert batches.retrieve(begun.id).has_ended
    assert account.costs() == billed_nanos(upstream, upstream_name("cut", kind), BATCH_PRICE)
    assert account.corrections() == 1 and len(batches.results(begun.id)) == 4


def test_many_who_learn_of_an_end_at_once_put_the_bill_right_once(gateway, batches, upstream, kind):
    begun = [batches.begin(f"raced-{kind}") for _ in range(3)]
    account = Account(gateway, f"raced-{kind}")
    account.wait_until_charged()
    with ThreadPoolExecutor(24) as pool:
        seen = list(pool.map(lambda index: batches.retrieve(begun[index % 3].id), range(48)))
    assert all(batch.has_ended for batch in seen)
    assert account.corrections() == 3
    assert account.costs() == billed_nanos(upstream, upstream_name("raced", kind), BATCH_PRICE)


def test_a_batch_that_its_provider_refuses_costs_nothing(gateway, batches, kind):
    before = spent_nanos(gateway)
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as refused:
        batches.begin(f"refused-{kind}")
    assert refused.value.status_code in (429, 502, 503)
    [record] = gateway.calls_of(f"refused-{kind}", 1)
    assert record["outcome"] != "finished" and record["cost"] == "0.000000000"
    assert spent_nanos(gateway) == before


def test_what_is_kept_is_there_for_its_owner_alone(gateway, ada, eve):
    owner, stranger = (OpenAiBatches(gateway, key) for key in (ada, eve))
    begun = owner.begin("owned-openai")
    file = owner.sdk.batches.retrieve(begun.id).input_file_id
    unheard_of = {"file": "file-unheard-of", "batch": "batch_unheard-of"}

    def answers(sdk, file: str, batch: str) -> list[str]:
        told = []
        for ask in (
            lambda: sdk.files.retrieve(file),
            lambda: sdk.files.content(file),
            lambda: sdk.files.delete(file),
            lambda: sdk.batches.retrieve(batch),
            lambda: sdk.batches.cancel(batch),
            lambda: sdk.batches.create(input_file_id=file, endpoint=CHATS, completion_window="24h"),
        ):
            with pytest.raises(openai.NotFoundError) as refused:
                ask()
            message = refused.value.body["message"].split("(request")[0]
            told.append(message.replace(file, "<file>").replace(batch, "<batch>"))
        return told

    assert answers(stranger.sdk, file, begun.id) == answers(stranger.sdk, **unheard_of)
    assert not stranger.list() and not stranger.sdk.files.list().data
    assert begun.id in owner.list() and file in [one.id for one in owner.sdk.files.list(purpose="batch")]
    while not owner.retrieve(begun.id).has_ended:
        pass
    output = owner.sdk.batches.retrieve(begun.id).output_file_id
    assert answers(stranger.sdk, output, begun.id) == answers(stranger.sdk, **unheard_of)
    assert output in [one.id for one in owner.sdk.files.list(purpose="batch_output")]
    assert owner.sdk.files.delete(output).deleted
    with pytest.raises(openai.NotFoundError):
        owner.sdk.files.retrieve(output)


def test_message_batches_are_there_for_their_owner_alone(gateway, ada, eve):
    owner, stranger = (AnthropicBatches(gateway, key) for key in (ada, eve))
    begun = owner.begin("owned-anthropic")
    batches = stranger.sdk.messages.batches

    def answers(batch: str) -> list[str]:
        told = []
        for ask in (batches.retrieve, batches.cancel, batches.delete, batches.results):
            with pytest.raises(anthropic.NotFoundError) as refused:
                ask(batch)
            told.append(refused.value.body["error"]["message"].split("(request")[0].replace(batch, "<batch>"))
        with pytest.raises(anthropic.NotFoundError):
            stranger.sdk.get(f"/v1/messages/batches/{batch}/results", cast_to=object)
        return told

    assert answers(begun.id) == answers("msgbatch_unheard-of")
    assert not stranger.list() and begun.id in owner.list()
    with pytest.raises(anthropic.APIStatusError) as refused:
        owner.sdk.messages.batches.delete(begun.id)
    assert refused.value.status_code == 400
    while not owner.retrieve(begun.id).has_ended:
        pass
    assert owner.sdk.messages.batches.retrieve(begun.id).results_url.startswith(gateway.url)
    assert owner.sdk.messages.batches.delete(begun.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        owner.retrieve(begun.id)


def test_lists_come_page_by_page_newest_first(gateway, ada):
    for batches in (OpenAiBatches(gateway, ada), AnthropicBatches(gateway, ada)):
        kind = "openai" if isinstance(batches, OpenAiBatches) else "anthropic"
        made = [batches.begin(f"listed-{kind}", 1).id for _ in range(3)][::-1]
        kept = batches.sdk.batches if kind == "openai" else batches.sdk.messages.batches
        page = kept.list(limit=2)
        assert [batch.id for batch in page.data] == made[:2] and page.has_more
        assert [batch.id for batch in kept.list(limit=1)][:3] == made


def refused_lines(sdk, *lines: bytes) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as refused:
        sdk.files.create(file=("b.jsonl", b"".join(lines)), purpose="batch")
    return refused.value


def test_each_line_of_a_file_is_looked_at_before_a_provider_has_it(gateway, eve, upstream):
    sdk = OpenAiBatches(gateway, eve).sdk
    arrived = upstream.calls()["arrived"]
    one = openai_lines("done-openai", 1)
    denied = refused_lines(sdk, openai_lines("owned-azure", 1))
    assert denied.status_code in (403, 404) and "Line 1" in denied.message
    unknown = refused_lines(sdk, openai_lines("unheard-of", 1))
    assert unknown.status_code in (403, 404) and "Line 1" in unknown.message
    another = refused_lines(sdk, one, openai_lines("expired-openai", 1))
    assert another.status_code == 400 and "Line 2" in another.message
    for wrong in (b"oops\n", b"[]\n", b'{"custom_id": "r1"}\n', openai_lines("done-openai", 1, "/v1/unheard-of", a=1)):
        refused = refused_lines(sdk, one, wrong)
        assert refused.status_code == 400 and "Line 2" in refused.message, wrong
    assert refused_lines(sdk).status_code == 400
    without = refused_lines(sdk, openai_lines("done-anthropic", 1))
    assert without.status_code == 400 and "batches" in without.message
    assert upstream.calls()["arrived"] == arrived, "nothing has reached the provider"


def test_messages_of_a_batch_ask_one_model_that_their_caller_may_use(gateway, eve, upstream):
    batches = AnthropicBatches(gateway, eve).sdk.messages.batches
    arrived = upstream.calls()["arrived"]
    mixed = [*anthropic_requests("done-anthropic", 1), *anthropic_requests("expired-anthropic", 1)]
    mixed[1]["custom_id"] = "other"
    for requests in (
        anthropic_requests("owned-azure", 1),
        anthropic_requests("unheard-of", 1),
        anthropic_requests("done-openai", 1),
        mixed,
        [],
    ):
        with pytest.raises(anthropic.APIStatusError) as refused:
            batches.create(requests=requests)
        assert refused.value.status_code in (400, 403, 404)
    assert upstream.calls()["arrived"] == arrived


def test_the_provider_gets_the_requests_as_they_were_but_for_the_model(gateway, ada, upstream):
    sdk = OpenAiBatches(gateway, ada).sdk
    body = {"messages": [{"role": "user", "content": "né  \\u00e9"}], "max_completion_tokens": 7, "unknown": {"b": 1, "a": 1.0}}
    lines = openai_lines("done-openai", 2, **body).replace(b", ", b" ,  ")
    file = sdk.files.create(file=("b.jsonl", lines), purpose="batch")
    told = sdk.files.content(file.id).read()
    name = json.dumps(upstream_name("done", "openai")).encode()
    assert told == lines.replace(b'"done-openai"', name)
    assert file.bytes == len(told) and file.filename == "b.jsonl"


def ways_to_name(gateway, key, file: str) -> dict:
    """Each way to have a provider read a file."""
    sdk, messages = OpenAiBatches(gateway, key).sdk, AnthropicBatches(gateway, key).sdk.messages
    chat = {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": file}}]}]}
    source = {"type": "document", "source": {"type": "file", "file_id": file}}
    message = {"max_tokens": 9, "messages": [{"role": "user", "content": [source]}]}
    item = {"role": "user", "content": [{"type": "input_file", "file_id": file}]}
    tool = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [file]}}
    line = {"custom_id": "a", "method": "POST", "url": CHATS, "body": {"model": "listed-openai", **chat}}
    spelled = json.dumps(line).replace("file_id", "file\\u005fid").encode()
    asked = {"model": "listed-anthropic", **message}
    return {
        "chat": lambda: sdk.chat.completions.create(model="listed-openai", **chat),
        "responses": lambda: sdk.responses.create(model="listed-openai", input=[item]),
        "tool": lambda: sdk.responses.create(model="listed-openai", input="Hi", tools=[tool]),
        "message": lambda: messages.create(**asked),
        "line": lambda: sdk.files.create(file=("b.jsonl", json.dumps(line).encode()), purpose="batch"),
        "line spelled otherwise": lambda: sdk.files.create(file=("b.jsonl", spelled), purpose="batch"),
        "message batch": lambda: messages.batches.create(requests=[{"custom_id": "a", "params": asked}]),
    }


def test_a_file_of_somebody_else_is_not_there_wherever_it_is_named(gateway, ada, eve, upstream):
    file = OpenAiBatches(gateway, ada).sdk.files.create(file=("notes.txt", b"some notes"), purpose="user_data").id
    for how, name_it in ways_to_name(gateway, eve, file).items():
        before = upstream.calls()
        with pytest.raises((openai.NotFoundError, anthropic.NotFoundError)) as refused:
            name_it()
        assert file in str(refused.value), how
        assert upstream.calls() == before, f"a provider was asked: {how}"
    gateway.wait_for_the_ledger()
    assert gateway.calls_of("listed-openai", 1)[-1]["outcome"] == "refused"
    # Its owner may, and what the gateway does not know is the provider's to find.
    for key, named in ((ada, file), (eve, "file-brought-by-another-way")):
        for how in ("chat", "line", "line spelled otherwise"):
            ways_to_name(gateway, key, named)[how]()
    assert OpenAiBatches(gateway, ada).sdk.files.delete(file).deleted


def test_files_that_the_gateway_does_not_know_are_refused_where_the_configuration_says_so(own_gateway, upstream):
    gateway = own_gateway(config(upstream, ("listed",), files={"provider": "openai", "unknown": "refuse"}))
    key = gateway.create_key("k")
    file = OpenAiBatches(gateway, key).sdk.files.create(file=("notes.txt", b"some notes"), purpose="user_data").id
    ways_to_name(gateway, key, file)["chat"]()
    for name_it in ways_to_name(gateway, key, "file-brought-by-another-way").values():
        with pytest.raises((openai.NotFoundError, anthropic.NotFoundError)):
            name_it()


def test_files_for_other_purposes_go_where_the_configuration_says(gateway, ada, upstream):
    sdk = OpenAiBatches(gateway, ada).sdk
    file = sdk.files.create(file=("notes.txt", b"some notes"), purpose="user_data")
    assert sdk.files.retrieve(file.id).filename == "notes.txt"
    assert sdk.files.content(file.id).read() == b"some notes"
    headers = upstream.calls()["last_headers"]
    assert headers["authorization"] == f"Bearer {CANARY}"
    with pytest.raises(openai.APIStatusError) as refused:
        sdk.batches.create(input_file_id=file.id, endpoint=CHATS, completion_window="24h")
    assert refused.value.status_code == 400
    assert sdk.files.delete(file.id).deleted and not sdk.files.list(purpose="user_data").data


def test_embeddings_come_in_batches_too(gateway, ada, upstream):
    sdk = OpenAiBatches(gateway, ada).sdk
    lines = openai_lines("raced-openai", 2, "/v1/embeddings", input="some text")
    file = sdk.files.create(file=("b.jsonl", lines), purpose="batch")
    asked = {"input_file_id": file.id, "completion_window": "24h"}
    with pytest.raises(openai.BadRequestError, match="/v1/embeddings"):
        sdk.batches.create(endpoint=CHATS, **asked)
    before = billed_nanos(upstream, upstream_name("raced", "openai"), BATCH_PRICE)
    batch = sdk.batches.retrieve(sdk.batches.create(endpoint="/v1/embeddings", **asked).id)
    assert set(results(sdk.files.content(batch.output_file_id).read())) == {"r0", "r1"}
    after = billed_nanos(upstream, upstream_name("raced", "openai"), BATCH_PRICE)
    assert after - before == 2 * 100 * 1_500


def test_asynchronous_clients_see_the_same(gateway, ada):
    async def journeys():
        async with openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=ada.secret, max_retries=0) as client:
            file = await client.files.create(file=("b.jsonl", openai_lines("listed-openai", 2)), purpose="batch")
            asked = {"input_file_id": file.id, "endpoint": CHATS, "completion_window": "24h"}
            batch = await client.batches.retrieve((await client.batches.create(**asked)).id)
            told = results((await client.files.content(batch.output_file_id)).read())
        async with anthropic.AsyncAnthropic(base_url=gateway.url, api_key=ada.secret, max_retries=0) as client:
            kept = client.beta.messages.batches
            batch = await kept.create(requests=anthropic_requests("listed-anthropic", 2))
            await kept.retrieve(batch.id)
            lines = [line.custom_id async for line in await kept.results(batch.id)]
        return set(told), set(lines)

    assert asyncio.run(journeys()) == ({"r0", "r1"}, {"r0", "r1"})


def test_who_has_no_key_gets_nothing(gateway):
    openai_sdk = openai.OpenAI(base_url=gateway.openai_url, api_key="hx_wrong", max_retries=0)
    anthropic_sdk = anthropic.Anthropic(base_url=gateway.url, api_key="hx_wrong", max_retries=0)
    for ask in (
        openai_sdk.files.list,
        openai_sdk.batches.list,
        lambda: openai_sdk.files.create(file=("b.jsonl", openai_lines("done-openai", 1)), purpose="batch"),
        lambda: openai_sdk.batches.create(input_file_id="file-1", endpoint=CHATS, completion_window="24h"),
        anthropic_sdk.messages.batches.list,
        lambda: anthropic_sdk.messages.batches.create(requests=anthropic_requests("done-anthropic", 1)),
    ):
        with pytest.raises((openai.AuthenticationError, anthropic.AuthenticationError)):
            ask()
