"""Answers of the Responses API that the gateway keeps, through the official SDK, whoever serves the model."""

import http.server
import json
import threading
import time

import openai
import pytest

from parts.configuration import model, provider
from parts.gateway import Gateway

MODELS = ["plain-openai", "plain-anthropic"]
TOOLS = [
    {
        "type": "function",
        "name": "look",
        "description": "Looks at something.",
        "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
        "strict": False,
    }
]
QUESTION = 'Use the tool look with {"at": "the door"} and say what is there.'
PRICE = {"input": "0.25", "output": "2.00"}
DEADLINE_SECONDS = 20


@pytest.fixture(scope="session")
def stranger(gateway):
    gateway.add_user("eve@example.com", team="Research")
    return client_of(gateway, gateway.create_key("stranger", user="eve@example.com"))


def client_of(gateway, key):
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)


def ended(client, response):
    """The response once it is no longer being written."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while response.status in ("queued", "in_progress"):
        assert time.monotonic() < deadline, response
        time.sleep(0.05)
        response = client.responses.retrieve(response.id)
    return response


def last_input(fake) -> str:
    return fake.calls()["last_body"]


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_a_tool_is_used_over_three_turns_of_which_only_the_last_is_sent(openai_client, fake, gateway, name, streams):
    def ask(**asked):
        asked |= {"model": name, "tools": TOOLS}
        if not streams:
            return openai_client.responses.create(**asked)
        with openai_client.responses.stream(**asked) as stream:
            return stream.get_final_response()

    first = ask(input=QUESTION, instructions="Only this once.")
    [call] = [item for item in first.output if item.type == "function_call"]
    assert first.store is True and first.previous_response_id is None
    assert "Only this once." in last_input(fake)

    result = {"type": "function_call_output", "call_id": call.call_id, "output": "the door is open"}
    second = ask(input=[result], previous_response_id=first.id)
    assert second.output_text.startswith("The quick brown fox") and second.previous_response_id == first.id
    assert "the door is open" in last_input(fake) and "say what is there" in last_input(fake)
    assert "Only this once." not in last_input(fake), "instructions are not carried over"

    third = ask(input="And behind it?", previous_response_id=second.id)
    sent = last_input(fake)
    places = [sent.index(text) for text in ("say what is there", "the door is open", "quick brown fox", "And behind it?")]
    assert places == sorted(places)
    assert len({first.id, second.id, third.id}) == 3
    record = gateway.call(third.id.removeprefix("resp_"))
    assert record["outcome"] == "finished"


def test_a_server_of_the_api_itself_goes_on_from_what_the_gateway_keeps(openai_client, gateway):
    asked = {"model": "llama-responses", "max_output_tokens": 8}
    first = openai_client.responses.create(input="What does a gateway do?", **asked)
    assert first.id.startswith("resp_req_") and first.store is True
    stream = openai_client.responses.create(input="Go on.", previous_response_id=first.id, stream=True, **asked)
    second = list(stream)[-1].response
    assert second.id.startswith("resp_req_") and second.previous_response_id == first.id
    assert second.usage.input_tokens > first.usage.input_tokens + first.usage.output_tokens
    third = openai_client.responses.create(input="And then?", previous_response_id=second.id, **asked)
    assert third.usage.input_tokens > second.usage.input_tokens + second.usage.output_tokens
    record = gateway.call(third.id.removeprefix("resp_"))
    assert record["tokens"]["input"] + record["tokens"]["cached_input"] == third.usage.input_tokens
    again = openai_client.responses.retrieve(third.id)
    assert again.model_dump() == third.model_dump()


@pytest.mark.parametrize("name", [*MODELS, "llama-responses"])
def test_an_answer_is_retrieved_as_it_was_told_and_deleted(openai_client, name):
    told = openai_client.responses.create(model=name, input="Hi", max_output_tokens=16, metadata={"a": "b"})
    again = openai_client.responses.retrieve(told.id)
    assert again.output_text == told.output_text and again.usage == told.usage and again.id == told.id
    openai_client.responses.delete(told.id)
    for gone in (openai_client.responses.retrieve, openai_client.responses.delete):
        with pytest.raises(openai.NotFoundError) as refused:
            gone(told.id)
        assert refused.value.code == "not_found" and "(request req_" in str(refused.value)
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.responses.create(model=name, input="Go on.", previous_response_id=told.id)
    assert refused.value.param == "previous_response_id"


@pytest.mark.parametrize("name", [*MODELS, "llama-responses"])
def test_what_is_not_to_be_stored_is_not(openai_client, name):
    told = openai_client.responses.create(model=name, input="Hi", max_output_tokens=16, store=False)
    assert getattr(told, "store", None) is not True  # llama.cpp's server does not say
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.retrieve(told.id)


def test_an_answer_that_is_not_kept_may_go_on_from_one_that_is(openai_client, fake):
    kept = openai_client.responses.create(model="plain-openai", input="The word is heron.")
    told = openai_client.responses.create(
        model="plain-anthropic", input="Which word?", previous_response_id=kept.id, store=False
    )
    assert "heron" in last_input(fake) and told.previous_response_id == kept.id and told.store is False
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.retrieve(told.id)


def test_a_stranger_learns_nothing(openai_client, stranger, gateway):
    told = openai_client.responses.create(model="plain-openai", input="Something private.")
    unknown = "resp_req_" + "0" * 32
    for asked in (
        stranger.responses.retrieve,
        stranger.responses.delete,
        stranger.responses.cancel,
        lambda id: list(stranger.responses.input_items.list(id)),
    ):
        answers = []
        for id in (told.id, unknown):
            with pytest.raises(openai.NotFoundError) as refused:
                asked(id)
            answers.append(str(refused.value).split("(request")[0].replace(id, "ID"))
        assert answers[0] == answers[1], "a stranger can tell what is there"
    with pytest.raises(openai.BadRequestError) as refused:
        stranger.responses.create(model="plain-openai", input="Go on.", previous_response_id=told.id)
    assert refused.value.param == "previous_response_id" and "private" not in str(refused.value)
    other_key = client_of(gateway, gateway.create_key("second", user="ada@example.com"))
    assert other_key.responses.retrieve(told.id).id == told.id, "another key of its owner reads it"


def test_nobody_without_a_key_is_told_anything(gateway):
    nobody = openai.OpenAI(base_url=gateway.openai_url, api_key="sk-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        nobody.responses.retrieve("resp_req_" + "0" * 32)


def test_the_items_of_a_request_come_in_pages(openai_client):
    items = [{"role": "user", "content": f"Number {number}."} for number in range(5)]
    told = openai_client.responses.create(model="plain-openai", input=items)
    listed = list(openai_client.responses.input_items.list(told.id, limit=2, order="asc"))
    assert [item.content[0].text for item in listed] == [f"Number {number}." for number in range(5)]
    assert len({item.id for item in listed}) == 5 and listed[0].role == "user"
    newest = openai_client.responses.input_items.list(told.id, limit=2)
    assert [item.content[0].text for item in newest.data] == ["Number 4.", "Number 3."] and newest.has_more
    for wrong in ({"limit": 0}, {"limit": 101}, {"order": "up"}, {"after": "item_unknown"}):
        with pytest.raises(openai.BadRequestError) as refused:
            openai_client.responses.input_items.list(told.id, extra_query=wrong)
        assert refused.value.param == next(iter(wrong))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"previous_response_id": "resp_of_somebody"}, "previous_response_id"),
        ({"previous_response_id": "../1"}, "previous_response_id"),
        ({"background": True, "store": False}, "background"),
        ({"extra_body": {"store": "yes"}}, "store"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(openai_client, gateway, fields, param):
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.responses.create(model="plain-openai", input="Hi", **fields)
    assert refused.value.param == param
    request_id = str(refused.value).split("(request ")[1].split(")")[0]
    assert gateway.call(request_id)["outcome"] == "refused"


@pytest.mark.parametrize("name", [*MODELS, "llama-responses"])
def test_an_answer_in_the_background_is_fetched_later_and_gone_on_from(openai_client, gateway, name):
    asked = {"model": name, "max_output_tokens": 16}
    begun = openai_client.responses.create(input="Hi", background=True, **asked)
    assert begun.status in ("queued", "in_progress") and begun.background is True and begun.output == []
    whole = ended(openai_client, begun)
    assert whole.status in ("completed", "incomplete") and whole.output_text and whole.usage.output_tokens > 0
    assert whole.id == begun.id and whole.background is True
    record = gateway.call(whole.id.removeprefix("resp_"))
    assert record["outcome"] == "finished" and float(record["cost"]) > 0
    later = openai_client.responses.create(input="Go on.", previous_response_id=whole.id, **asked)
    assert later.status in ("completed", "incomplete")
    assert openai_client.responses.cancel(whole.id).status == whole.status, "what has ended stays as it is"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_cancelled_answer_ends_the_providers_call(openai_client, gateway, dialect):
    name = f"slow-{dialect}"
    begun = openai_client.responses.create(model=name, input="Hi", background=True)
    time.sleep(0.3)
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.responses.create(model=name, input="Go on.", previous_response_id=begun.id)
    assert refused.value.param == "previous_response_id"
    started = time.monotonic()
    cancelled = openai_client.responses.cancel(begun.id)
    assert cancelled.status == "cancelled" and cancelled.id == begun.id
    assert time.monotonic() - started < 1, "it would have taken two seconds"
    assert openai_client.responses.retrieve(begun.id).status == "cancelled"
    record = gateway.call(begun.id.removeprefix("resp_"))
    assert record["outcome"] != "finished" and float(record["cost"]) > 0


def test_only_an_answer_in_the_background_can_be_cancelled(openai_client):
    told = openai_client.responses.create(model="plain-openai", input="Hi")
    with pytest.raises(openai.BadRequestError):
        openai_client.responses.cancel(told.id)


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_stream_in_the_background_goes_on_without_its_reader_and_is_read_again(openai_client, dialect):
    stream = openai_client.responses.create(model=f"slow-{dialect}", input="Hi", background=True, stream=True)
    seen = [next(iter(stream)) for _ in range(6)]
    stream.close()
    begun = seen[0].response
    assert begun.background is True
    rest = list(openai_client.responses.retrieve(begun.id, stream=True, starting_after=seen[-1].sequence_number))
    numbers = [event.sequence_number for event in [*seen, *rest]]
    assert numbers == list(range(len(numbers)))
    deltas = [event.delta for event in [*seen, *rest] if event.type == "response.output_text.delta"]
    whole = openai_client.responses.retrieve(begun.id)
    assert whole.status == "completed" and whole.output_text == "".join(deltas) == rest[-1].response.output_text
    again = list(openai_client.responses.retrieve(begun.id, stream=True))
    assert [event.sequence_number for event in again] == numbers, "a moment after its end it can be read again"


def test_what_refuses_a_call_in_the_background_is_told_at_once(openai_client):
    for name, error in (("nowhere-to-be-found", openai.NotFoundError), ("forbidden", openai.PermissionDeniedError)):
        with pytest.raises(error):
            openai_client.responses.create(model=name, input="Hi", background=True)


def test_a_provider_that_fails_in_the_background_is_told_later(openai_client, gateway):
    begun = openai_client.responses.create(model="broken-openai", input="Hi", background=True)
    failed = ended(openai_client, begun)
    assert failed.status == "failed" and failed.error.code == "server_error" and failed.error.message
    assert gateway.call(begun.id.removeprefix("resp_"))["outcome"] == "upstream_failed"


def config(fake, **responses) -> dict:
    return {
        "providers": {"fake": provider("openai", fake.url)},
        "models": [
            model("slow", "fake", PRICE, upstream="fake@chunks=100,gap_ms=100,output_tokens=400"),
            model("plain", "fake", PRICE, upstream="fake@chunks=3"),
        ],
        "budgets": [{"level": "instance", "limit": "1000.00", "mode": "hard"}],
        "responses": responses,
    }


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_what_the_end_of_the_gateway_cuts_off_has_failed_and_is_billed(own_gateway, fake, how):
    gateway = own_gateway(config(fake) | {"server": {"shutdown_seconds": 1}})
    key = gateway.create_key("k")
    kept = client_of(gateway, key).responses.create(model="plain", input="Hi")
    begun = client_of(gateway, key).responses.create(model="slow", input="Hi", background=True)
    time.sleep(0.5)
    getattr(gateway.process, how)()
    gateway.start()
    client = client_of(gateway, key)
    failed = client.responses.retrieve(begun.id)
    assert failed.status == "failed" and failed.error.code == "server_error"
    assert client.responses.retrieve(kept.id).output_text == kept.output_text
    record = gateway.call(begun.id.removeprefix("resp_"))
    assert record["outcome"] != "finished" and float(record["cost"]) > 0


def test_a_gateway_that_keeps_nothing_says_so(own_gateway, fake):
    gateway = own_gateway(config(fake, keep_days=0))
    client = client_of(gateway, gateway.create_key("k"))
    told = client.responses.create(model="plain", input="Hi")
    assert told.output_text and told.store is False
    for field, value in (("previous_response_id", told.id), ("background", True)):
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(model="plain", input="Hi", **{field: value})
        assert refused.value.param == field and "keep_days" in str(refused.value)


class Recorder(http.server.BaseHTTPRequestHandler):
    """A server of the API that keeps the last request and always answers the same."""

    ANSWER = (
        '{"id":"resp_theirs","object":"response","created_at":1,"status":"completed","model":"m","top_p":1.00,'
        '"new_field":{"a": 1.50},"store":false,"previous_response_id":null,"output":[{"type":"reasoning","id":"rs_1",'
        '"summary":[],"encrypted_content":"gAAA"},{"type":"reasoning","id":"rs_2","summary":[]},{"type":"message",'
        '"id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi",'
        '"annotations":[]}]}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}'
    )

    def do_POST(self):
        self.server.last_body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(self.ANSWER.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def recorder():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def test_a_provider_of_the_api_is_asked_without_state_and_every_other_byte_passes(own_gateway, recorder):
    url = f"http://127.0.0.1:{recorder.server_address[1]}"
    gateway = own_gateway(
        {
            "providers": {"recorder": provider("openai", url, has_responses=True)},
            "models": [model("m", "recorder", PRICE), model("other", "recorder", PRICE, upstream="m")],
        }
    )
    client = client_of(gateway, gateway.create_key("k"))
    raw = client.responses.with_raw_response.create(model="m", input="Hi", extra_body={"not_known_yet": 1.5})
    told = raw.text
    assert '"top_p":1.00,"new_field":{"a": 1.50},"store":true' in told and "resp_theirs" not in told
    sent = json.loads(recorder.last_body)
    assert sent["store"] is False and sent["input"] == "Hi" and sent["not_known_yet"] == 1.5

    first = raw.parse()
    assert client.responses.retrieve(first.id).model_dump() == first.model_dump()
    for name, thoughts in (("m", ["rs_1"]), ("other", [])):
        client.responses.create(model=name, input="Go on.", previous_response_id=first.id)
        sent = json.loads(recorder.last_body)
        assert sent["store"] is False and "previous_response_id" not in sent and "background" not in sent
        assert [item["id"] for item in sent["input"] if item["type"] == "reasoning"] == thoughts
        assert [item["type"] for item in sent["input"] if item["type"] != "reasoning"] == ["message"] * 3


@pytest.fixture(scope="module")
def thinking(tmp_path_factory, fake):
    """A client of a gateway in front of a provider of the API whose model seals what it thinks."""
    config = {
        "providers": {"fake": provider("openai", fake.url, has_responses=True)},
        "models": [
            model("thinks", "fake", PRICE, upstream="fake@chunks=3"),
            model("always-thinks", "fake", PRICE, upstream="fake@chunks=3", reasoning="effort"),
        ],
    }
    gateway = Gateway(tmp_path_factory.mktemp("thinking"), config)
    gateway.add_user("ada@example.com", team="Research")
    gateway.add_user("eve@example.com", team="Research")
    client = client_of(gateway, gateway.create_key("k", user="ada@example.com"))
    client.other = client_of(gateway, gateway.create_key("other", user="eve@example.com"))
    yield client
    gateway.stop()


def thoughts_sent(fake) -> list:
    return [item for item in json.loads(last_input(fake))["input"] if item.get("type") == "reasoning"]


@pytest.mark.parametrize("how", ["whole", "streamed", "background"])
def test_a_thought_is_kept_for_the_next_turn_and_told_to_nobody_who_did_not_ask(thinking, fake, how):
    asked = {"model": "thinks", "reasoning": {"effort": "low"}, "tools": TOOLS}
    if how == "streamed":
        with thinking.responses.stream(input=QUESTION, **asked) as stream:
            told = [event.model_dump_json() for event in stream]
            first = stream.get_final_response()
    else:
        first = ended(thinking, thinking.responses.create(input=QUESTION, background=how == "background", **asked))
        told = [first.model_dump_json()]
    assert not any("gAAAA" in text for text in told), "sealed thoughts were not asked for"
    assert "helix" not in "".join(told)
    read = thinking.responses.retrieve(first.id)
    assert [item.id for item in read.output] == [item.id for item in first.output]
    assert not any(mark in read.model_dump_json() for mark in ("gAAAA", "helix"))
    [thought, call] = first.output
    assert thought.type == "reasoning" and not thought.encrypted_content

    result = {"type": "function_call_output", "call_id": call.call_id, "output": "a heron"}
    second = thinking.responses.create(input=[result], previous_response_id=first.id, **asked)
    [sent] = thoughts_sent(fake)
    assert sent["id"] == thought.id and sent["encrypted_content"].startswith("gAAAA")
    thinking.responses.create(input="And?", previous_response_id=second.id, **asked)
    assert [item["id"] for item in thoughts_sent(fake)] == [thought.id, second.output[0].id]


def test_a_thought_that_is_asked_for_is_told_and_kept(thinking, fake):
    asked = {"model": "thinks", "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]}
    first = thinking.responses.create(input="Hi", **asked)
    assert first.output[0].encrypted_content.startswith("gAAAA")
    assert thinking.responses.retrieve(first.id).output == first.output
    thinking.responses.create(input="And?", previous_response_id=first.id, **asked)
    assert [item["encrypted_content"] for item in thoughts_sent(fake)] == [first.output[0].encrypted_content]


@pytest.mark.parametrize(("name", "is_asked"), [("thinks", False), ("always-thinks", True)])
def test_only_a_model_that_thinks_is_asked_for_thoughts(thinking, fake, name, is_asked):
    thinking.responses.create(model=name, input="Hi")
    assert ("reasoning.encrypted_content" in last_input(fake)) is is_asked
    thinking.responses.create(model=name, input="Hi", store=False)
    assert "include" not in last_input(fake), "what is not kept is passed on as it came"


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("name", [*MODELS, "thinks"])
def test_items_are_named_by_their_ids_alone(openai_client, thinking, fake, name, streams):
    client = thinking if name == "thinks" else openai_client
    asked = {"model": name, "tools": TOOLS} | ({"reasoning": {"effort": "low"}} if name == "thinks" else {})
    first = client.responses.create(input=QUESTION, stream=streams, **asked)
    if streams:
        first = list(first)[-1].response
    [listed] = client.responses.input_items.list(first.id)
    [call] = [item for item in first.output if item.type == "function_call"]
    named = [{"type": "item_reference", "id": id} for id in (listed.id, *(item.id for item in first.output))]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "the door is open"}
    # Without state, too, and without the type, which OpenAI takes as well.
    for kept in ({}, {"store": False}):
        second = client.responses.create(input=[*named, result], **kept, **asked)
        assert second.output_text.startswith("The quick brown fox")
        sent = last_input(fake)
        assert sent.index("say what is there") < sent.index(call.call_id) < sent.index("the door is open")
        assert "item_reference" not in sent
    untyped = [{"id": item["id"]} for item in named]
    third = client.responses.create(input=[*untyped, result], **asked)
    if name == "thinks":
        assert [item["id"] for item in thoughts_sent(fake)] == [first.output[0].id]
    # What was named is part of what is gone on from.
    client.responses.create(input="And behind it?", previous_response_id=third.id, **asked)
    assert "say what is there" in last_input(fake)


def test_a_thought_without_its_seal_is_the_one_that_is_kept(thinking, fake):
    asked = {"model": "thinks", "reasoning": {"effort": "low"}}
    first = thinking.responses.create(input="Hi", **asked)
    said = [item.model_dump(exclude_none=True) for item in first.output]
    thinking.responses.create(input=[*said, {"role": "user", "content": "And?"}], **asked)
    [sent] = thoughts_sent(fake)
    assert sent["id"] == first.output[0].id and sent["encrypted_content"].startswith("gAAAA")


@pytest.mark.parametrize("name", ["plain-openai", "thinks"])
def test_an_item_of_somebody_else_is_not_there(gateway, stranger, openai_client, thinking, name):
    client, other = (thinking, thinking.other) if name == "thinks" else (openai_client, stranger)
    told = client.responses.create(model=name, input="Something private.")
    answers = []
    for id in (told.output[0].id, told.output[0].id[:-1] + "z"):
        for kept in ({}, {"store": False}):
            with pytest.raises(openai.NotFoundError) as refused:
                other.responses.create(
                    model=name, input=[{"type": "item_reference", "id": id}, {"role": "user", "content": "?"}], **kept
                )
            assert refused.value.param == "input" and id in str(refused.value)
            answers.append(str(refused.value).split("(request")[0].replace(id, "ID"))
    assert len(set(answers)) == 1, "a stranger can tell what is there"
    client.responses.delete(told.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=name, input=[{"type": "item_reference", "id": told.output[0].id}])


def test_a_call_without_state_passes_byte_for_byte(own_gateway, recorder):
    url = f"http://127.0.0.1:{recorder.server_address[1]}"
    gateway = own_gateway(
        {
            "providers": {"recorder": provider("openai", url, has_responses=True)},
            "models": [model("m", "recorder", PRICE)],
        }
    )
    client = client_of(gateway, gateway.create_key("k"))
    raw = client.responses.with_raw_response.create(model="m", input="Hi", store=False)
    assert raw.text == Recorder.ANSWER
