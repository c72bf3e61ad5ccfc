"""The stand-in for OpenAI's realtime API, under the official SDK. Nothing stands between."""

import base64

import openai
import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from parts.realtime import SECOND, SILENCE, TOOL, by_text, say, speak, text_of, until
from parts.upstreams import FakeProvider


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("realtime"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(upstream):
    # Whatever is not as the SDK's types say fails.
    return openai.OpenAI(
        base_url=f"{upstream.url}/v1", api_key="any", max_retries=0, timeout=10, _strict_response_validation=True
    )


def test_turns_of_text_are_answered_in_pieces_and_each_is_billed_what_was_said_before(client, upstream):
    model = "fake@chunks=4,answer_bytes=80,tag=turns"
    with client.realtime.connect(model=model) as connection:
        assert connection.recv().session.model == model
        session = by_text(connection, instructions="Be brief.")
        assert session.instructions == "Be brief." and session.audio.output.voice == "alloy"
        first, second = say(connection, "hello"), say(connection, "and again")
    kinds = [event.type for event in first]
    assert kinds.count("response.output_text.delta") == 4
    for kind in (
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ):
        assert kind in kinds, kinds
    done = first[-1].response
    assert done.status == "completed" and done.output[0].content[0].text == text_of(first)
    usages = [done.usage, second[-1].response.usage]
    assert usages[1].input_tokens > usages[0].input_tokens
    billed = upstream.billed(model)
    assert (billed["count"], billed["input"]) == (2, sum(usage.input_tokens for usage in usages))


def test_sound_is_heard_written_down_and_answered_by_sound(client, upstream):
    model = "fake@chunks=3,output_tokens=50,cached_tokens=4,input_tokens=100,tag=sound"
    transcription = {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
    with client.realtime.connect(model=model) as connection:
        connection.session.update(session=transcription)
        until(connection, "session.updated")
        events = speak(connection, seconds=2)
    kinds = [event.type for event in events]
    assert kinds.index("input_audio_buffer.committed") < kinds.index("response.created")
    heard = next(e for e in events if e.type == "conversation.item.input_audio_transcription.completed")
    assert heard.usage.input_token_details.audio_tokens == 20 and heard.transcript
    pieces = [base64.b64decode(event.delta) for event in events if event.type == "response.output_audio.delta"]
    assert len(pieces) == 3 and len(text_of(events)) == 500
    usage = events[-1].response.usage
    details = usage.input_token_details
    assert (details.audio_tokens, details.text_tokens, details.cached_tokens_details.text_tokens) == (20, 80, 4)
    assert (usage.output_token_details.text_tokens, usage.output_token_details.audio_tokens) == (10, 40)
    billed = upstream.billed(model)
    assert (billed["audio_input"], billed["audio_output"], billed["cached"]) == (20, 40, 4)


def test_a_turn_ends_at_silence_where_turns_are_detected(client):
    with client.realtime.connect(model="fake@chunks=2") as connection:
        by_text(connection, audio={"input": {"turn_detection": {"type": "server_vad"}}})
        connection.input_audio_buffer.append(audio=SECOND)
        connection.input_audio_buffer.append(audio=SILENCE)
        kinds = [event.type for event in until(connection, "response.done")]
    turn = ["speech_started", "speech_stopped", "committed"]
    assert [kind for kind in kinds if "buffer" in kind] == [f"input_audio_buffer.{name}" for name in turn]


def test_a_tool_is_called_and_its_result_is_answered(client):
    with client.realtime.connect(model="fake@chunks=3") as connection:
        by_text(connection, tools=[TOOL])
        events = say(connection, "use the tool")
        done = next(e for e in events if e.type == "response.function_call_arguments.done")
        call = events[-1].response.output[0]
        assert (call.type, call.name, call.call_id) == ("function_call", "weather", done.call_id)
        deltas = [e.delta for e in events if e.type == "response.function_call_arguments.delta"]
        assert "".join(deltas) == done.arguments == call.arguments
        connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        )
        connection.response.create()
        assert text_of(until(connection, "response.done"))


def test_an_answer_is_cancelled_and_billed_as_far_as_it_was_told(client, upstream):
    model = "fake@chunks=100,gap_ms=20,output_tokens=1000,input_tokens=10,tag=cancelled"
    with client.realtime.connect(model=model) as connection:
        by_text(connection)
        connection.response.create()
        until(connection, "response.output_text.delta")
        connection.response.create()
        error = until(connection, "error")[-1].error
        assert error.code == "conversation_already_has_active_response"
        connection.response.cancel()
        done = until(connection, "response.done")[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
        connection.response.cancel(event_id="mine")
        error = until(connection, "error")[-1].error
        assert (error.code, error.event_id) == ("response_cancel_not_active", "mine")
    assert 0 < done.usage.output_tokens < 1_000
    assert upstream.billed(model)["output"] == done.usage.output_tokens


def test_what_is_not_understood_is_told_and_the_session_goes_on(client):
    with client.realtime.connect(model="fake@chunks=2") as connection:
        by_text(connection)
        connection.input_audio_buffer.commit()
        assert until(connection, "error")[-1].error.code == "input_audio_buffer_commit_empty"
        connection.session.update(session={"type": "realtime", "model": "other"})
        assert until(connection, "error")[-1].error.param == "session.model"
        assert say(connection, "hello")[-1].response.status == "completed"


def test_the_output_limit_is_heeded(client):
    with client.realtime.connect(model="fake@chunks=2,output_tokens=100") as connection:
        by_text(connection, max_output_tokens=40)
        response = say(connection, "hello")[-1].response
        assert (response.status, response.status_details.reason) == ("incomplete", "max_output_tokens")
        assert (response.usage.output_tokens, response.max_output_tokens) == (40, 40)


def test_the_beta_has_its_own_names(client):
    # The SDK takes TLS for granted here, unless it is told otherwise.
    plain = client.with_options(websocket_base_url=str(client.base_url).replace("http", "ws", 1))
    headers = {"OpenAI-Beta": "realtime=v1"}
    with plain.beta.realtime.connect(model="fake@chunks=2", extra_headers=headers) as connection:
        connection.session.update(session={"modalities": ["text"]})
        until(connection, "session.updated")
        kinds = [event.type for event in say(connection, "hello")]
    assert kinds.count("response.text.delta") == 2 and "conversation.item.created" in kinds


def test_failures_come_as_the_name_of_the_model_says(client):
    for directives, status in (("status=429", 429), ("status=500", 500), ("unheard-of", 400)):
        with pytest.raises(InvalidStatus) as refused:
            client.realtime.connect(model=f"fake@{directives}").enter()
        assert refused.value.response.status_code == status
    for directives in ("reset_after=2", "cut_event=2"):
        with client.realtime.connect(model=f"fake@chunks=5,{directives}") as connection:
            by_text(connection)
            with pytest.raises(ConnectionClosedError):
                say(connection, "hello")
    with client.realtime.connect(model="fake@chunks=5,error_event=2") as connection:
        by_text(connection)
        connection.response.create()
        assert until(connection, "error")[-1].error.type == "server_error"
        assert until(connection, "response.done")[-1].response.status == "failed"
