"""The fake provider as Ollama, tried with Ollama's own SDK: a fake that drifts from the server fails here."""

import json
import re

import httpx
import ollama
import pytest

QUESTION = {"role": "user", "content": "hello"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "Looks out.", "parameters": SCHEMA}}]


@pytest.fixture(scope="module")
def client(fake):
    return ollama.Client(host=fake.url, timeout=5)


def test_an_answer_tells_what_is_billed(client, fake):
    model = "fake@input_tokens=100,output_tokens=50,tag=ollama-whole"
    answer = client.chat(model=model, messages=[QUESTION])
    assert answer.message.role == "assistant" and answer.message.content.startswith("The quick brown fox")
    assert (answer.done, answer.done_reason, answer.model) == (True, "stop", model)
    assert (answer.prompt_eval_count, answer.eval_count) == (100, 50)
    assert answer.total_duration >= answer.load_duration + answer.prompt_eval_duration + answer.eval_duration
    billed = fake.billed(model)
    assert (billed["input"], billed["output"]) == (100, 50)


def test_a_stream_is_an_object_a_line(client, fake):
    model = "fake@chunks=4,answer_bytes=40,input_tokens=100,output_tokens=50,tag=ollama-stream"
    *pieces, last = client.chat(model=model, messages=[QUESTION], stream=True)
    assert len(pieces) == 4 and not any(piece.done for piece in pieces)
    assert len("".join(piece.message.content for piece in pieces)) == 40
    assert (last.done, last.message.content, last.prompt_eval_count, last.eval_count) == (True, "", 100, 50)
    assert fake.billed(model)["output"] == 50


def test_it_streams_unless_told_otherwise(fake):
    answer = httpx.post(f"{fake.url}/api/chat", json={"model": "fake@chunks=2", "messages": [QUESTION]})
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.text.endswith("\n") and [json.loads(line)["done"] for line in answer.text.splitlines()] == [
        False, False, True,
    ]


@pytest.mark.parametrize("streams", [False, True])
def test_a_tool_is_called_with_an_object_and_its_result_answered(client, streams):
    def ask(messages):
        answer = client.chat(model="fake@chunks=3", messages=messages, tools=TOOLS, stream=streams)
        if not streams:
            return answer.message
        answers = list(answer)
        calls = [call for part in answers for call in part.message.tool_calls or []]
        text = "".join(part.message.content for part in answers)
        return ollama.Message(role="assistant", content=text, tool_calls=calls or None)

    question = {"role": "user", "content": "use the tool"}
    message = ask([question])
    assert len(message.tool_calls) == 1 and message.content == ""
    call = message.tool_calls[0].function
    assert (call.name, dict(call.arguments)) == ("weather", {"city": "example city"})
    result = {"role": "tool", "tool_name": "weather", "content": "grey"}
    second = ask([question, message, result])
    assert second.content and not second.tool_calls


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("think", [True, "high"])
def test_a_thought_comes_beside_the_answer(client, streams, think):
    answer = client.chat(model="fake@chunks=3", messages=[QUESTION], think=think, stream=streams)
    parts = list(answer) if streams else [answer]
    assert "".join(part.message.thinking or "" for part in parts).startswith("The user asks")
    assert "".join(part.message.content for part in parts).startswith("The quick")
    assert client.chat(model="fake", messages=[QUESTION], think=False).message.thinking is None


def test_a_format_is_followed(client):
    answer = client.chat(model="fake", messages=[QUESTION], format=SCHEMA)
    assert json.loads(answer.message.content) == {"city": "example city"}
    assert json.loads(client.chat(model="fake", messages=[QUESTION], format="json").message.content) == {}


def test_an_answer_ends_at_the_limit(client):
    options = {"num_predict": 10, "temperature": 0}
    answer = client.chat(model="fake@output_tokens=50", messages=[QUESTION], options=options)
    assert (answer.done_reason, answer.eval_count) == ("length", 10)
    answer = client.chat(model="fake@output_tokens=50", messages=[QUESTION], options={"num_predict": -1})
    assert (answer.done_reason, answer.eval_count) == ("stop", 50)


def test_texts_are_embedded(client, fake):
    model = "fake-embedding@input_tokens=7,tag=ollama-embed"
    answer = client.embed(model=model, input=["a", "b"], dimensions=8)
    assert [len(embedding) for embedding in answer.embeddings] == [8, 8] and answer.prompt_eval_count == 7
    assert answer.embeddings[0] != answer.embeddings[1]
    assert len(client.embed(model="fake-embedding", input="a").embeddings) == 1
    assert fake.billed(model)["input"] == 7


def test_the_models_are_listed_and_shown(client, fake):
    names = [model.model for model in client.list().models]
    assert names == ["fake:latest", "fake-mini:latest", "fake-embedding:latest"]
    shown = client.show("fake:latest")
    assert "tools" in shown.capabilities and shown.modelinfo["fake.context_length"] == 131_072
    assert client.show("fake-embedding").capabilities == ["embedding"]
    assert httpx.get(f"{fake.url}/api/version").json()["version"]
    assert client.chat(model=names[0], messages=[QUESTION]).message.content


@pytest.mark.parametrize("call", ["chat", "show", "embed", "stream"])
def test_a_model_that_is_not_there_is_not_found(client, call):
    with pytest.raises(ollama.ResponseError, match="model 'unheard-of' not found") as refused:
        if call == "show":
            client.show("unheard-of")
        elif call == "embed":
            client.embed(model="unheard-of", input="a")
        else:
            list(client.chat(model="unheard-of", messages=[QUESTION], stream=call == "stream"))
    assert refused.value.status_code == 404


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "invalid"), (404, "not found"), (429, "server busy"), (500, "llama runner"), (503, "server busy")],
)
def test_a_failure_is_an_error_with_its_status(client, status, words):
    with pytest.raises(ollama.ResponseError, match=words) as failed:
        client.chat(model=f"fake@status={status}", messages=[QUESTION])
    assert failed.value.status_code == status


def test_an_error_in_a_stream_ends_it(client, fake):
    model = "fake@chunks=10,error_event=2,output_tokens=100,tag=ollama-error"
    pieces = []
    with pytest.raises(ollama.ResponseError, match="llama runner process has terminated"):
        collect(pieces, client.chat(model=model, messages=[QUESTION], stream=True))
    assert len(pieces) == 2 and fake.billed(model)["output"] == 20


def collect(pieces, stream):
    for piece in stream:
        pieces.append(piece)


def test_a_reset_is_seen_in_the_middle_of_a_stream(client):
    with pytest.raises(httpx.HTTPError):
        list(client.chat(model="fake@reset_after=2", messages=[QUESTION], stream=True))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"role": "user", "content": [{"type": "text", "text": "hi"}]}, "cannot unmarshal array into Go struct field"),
        (
            {"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": "{}"}}]},
            "cannot unmarshal string into Go struct field .*arguments",
        ),
    ],
)
def test_what_gos_types_do_not_take_is_refused(fake, message, words):
    answer = httpx.post(f"{fake.url}/api/chat", json={"model": "fake", "messages": [message], "stream": False})
    assert answer.status_code == 400
    assert re.search(words, answer.json()["error"]), answer.json()
