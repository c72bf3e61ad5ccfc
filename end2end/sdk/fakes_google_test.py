"""The stand-ins for Gemini and Vertex AI, under the official SDKs of those who own them.

Nothing stands between: a stand-in that drifts from its vendor fails here.
"""

import json
import urllib.error
import urllib.request

import anthropic
import google.auth.exceptions
import openai
import pytest
from google import genai
from google.auth import compute_engine
from google.auth.transport.requests import Request
from google.genai import errors, types
from pydantic import BaseModel

from parts.clouds import ServiceAccount, expire_tokens
from parts.upstreams import FakeProvider

COUNTS = "chunks=4,input_tokens=100,output_tokens=60"
QUESTION = [{"role": "user", "content": "hello"}]
LOOK = {
    "name": "look",
    "description": "Looks at something.",
    "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
}
SPELT_OUT = 'Use the tool look with {"at": "the door"} and say what is there.'
THINKING = types.ThinkingConfig(include_thoughts=True)


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    return ServiceAccount(tmp_path_factory.mktemp("account"))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, account):
    """A fake provider whose token endpoint knows the service account."""
    upstream = FakeProvider(tmp_path_factory.mktemp("cloud"), "--google-public-key", str(account.public_key))
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A fake provider that knows one key."""
    upstream = FakeProvider(tmp_path_factory.mktemp("locked"), "--key", "right")
    yield upstream
    upstream.stop()


def studio(upstream, key="any") -> genai.Client:
    return genai.Client(api_key=key, http_options={"base_url": upstream.url})


def vertex_of(upstream, account) -> genai.Client:
    return genai.Client(
        vertexai=True,
        project="fake-project",
        location="europe-west1",
        credentials=account.credentials(upstream.url),
        http_options={"base_url": upstream.url},
    )


@pytest.fixture(params=["AI Studio", "Vertex AI"])
def gemini(request, cloud, account):
    """A client of each of the two services that have Gemini."""
    return studio(cloud) if request.param == "AI Studio" else vertex_of(cloud, account)


def tools(schema="parameters_json_schema", **more) -> dict:
    declaration = {"name": "look", "description": LOOK["description"], schema: LOOK["parameters"]}
    return {"tools": [{"function_declarations": [declaration]}], **more}


def test_genai_answers_whole_and_the_usage_is_what_is_billed(gemini, cloud):
    model = f"fake@{COUNTS},cached_tokens=40,reasoning_tokens=20,tag=whole-{gemini.vertexai}"
    config = types.GenerateContentConfig(thinking_config=THINKING, system_instruction="Be brief.", temperature=0.5)
    answer = gemini.models.generate_content(model=model, contents="hello", config=config)
    thought, said = answer.candidates[0].content.parts
    assert thought.thought and "“quick” \U0001f914" in thought.text
    assert answer.text.startswith("The quick brown fox") and said.thought_signature
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    usage = answer.usage_metadata
    assert (usage.prompt_token_count, usage.cached_content_token_count, usage.total_token_count) == (100, 40, 160)
    assert (usage.candidates_token_count, usage.thoughts_token_count) == (40, 20)
    assert usage.prompt_tokens_details[0].modality == types.MediaModality.TEXT
    billed = cloud.billed(model)
    assert (billed["input"], billed["cached"], billed["output"], billed["reasoning"]) == (100, 40, 60, 20)


def test_genai_streams_and_every_chunk_tells_the_usage_so_far(gemini, cloud):
    model = f"fake@{COUNTS},tag=stream-{gemini.vertexai}"
    chunks = list(gemini.models.generate_content_stream(model=model, contents="hello"))
    assert len(chunks) == 5 and len("".join(chunk.text or "" for chunk in chunks)) == 500
    counts = [chunk.usage_metadata.candidates_token_count for chunk in chunks]
    assert counts == [15, 30, 45, 60, 60]
    last = chunks[-1].candidates[0]
    assert last.finish_reason == types.FinishReason.STOP and last.content.parts[0].thought_signature
    assert all(chunk.candidates[0].finish_reason is None for chunk in chunks[:-1])
    assert cloud.billed(model)["output"] == 60


@pytest.mark.parametrize("streams", [False, True])
def test_genai_draws_where_it_is_asked_to(gemini, streams):
    asked = {
        "model": f"fake@{COUNTS}",
        "contents": "A fox, please.",
        "config": types.GenerateContentConfig(response_modalities=["TEXT", "IMAGE"]),
    }
    if streams:
        answers = list(gemini.models.generate_content_stream(**asked))
    else:
        answers = [gemini.models.generate_content(**asked)]
    parts = [part for answer in answers for part in answer.candidates[0].content.parts]
    (picture,) = [part.inline_data for part in parts if part.inline_data]
    assert picture.mime_type == "image/png" and picture.data.startswith(b"\x89PNG")
    assert "".join(part.text or "" for part in parts).startswith("The quick brown fox")


@pytest.mark.parametrize("schema", ["parameters", "parameters_json_schema"])
@pytest.mark.parametrize("streams", [False, True])
def test_genai_calls_a_function_and_hands_back_its_signature(gemini, cloud, streams, schema):
    chat = gemini.chats.create(model="fake@chunks=3", config=tools(schema, thinking_config=THINKING))

    def say(message):
        if not streams:
            return chat.send_message(message)
        *_, last_with_parts = [
            chunk for chunk in chat.send_message_stream(message) if chunk.function_calls or chunk.text
        ]
        return last_with_parts

    [call] = say(SPELT_OUT).function_calls
    assert call.name == "look" and call.args == {"at": "the door"}
    result = types.Part.from_function_response(name="look", response={"result": "the door is open"})
    result.function_response.id = call.id
    assert say(result).text
    sent = json.loads(cloud.calls()["last_body"])["contents"]
    [made] = [part for turn in sent for part in turn["parts"] if "functionCall" in part]
    assert made["thoughtSignature"]
    assert chat.send_message("And now?").text.startswith("The quick brown fox")


def test_genai_calls_a_python_function_by_itself(gemini):
    seen = []

    def look(at: str) -> str:
        """Looks at something."""
        seen.append(at)
        return "open"

    answer = gemini.models.generate_content(model="fake", contents=SPELT_OUT, config={"tools": [look]})
    assert seen == ["the door"] and answer.text.startswith("The quick brown fox")


@pytest.mark.parametrize("altered, words", [(None, "missing a .?thought_signature"), (b"altered", "ought signature")])
def test_a_call_without_its_signature_is_refused(gemini, altered, words):
    answer = gemini.models.generate_content(model="fake", contents=SPELT_OUT, config=tools())
    made = answer.candidates[0].content
    made.parts[0].thought_signature = altered
    response = types.Part.from_function_response(name="look", response={"result": "open"})
    asked = types.Content(role="user", parts=[types.Part(text=SPELT_OUT)])
    turns = [asked, made, types.Content(role="user", parts=[response])]
    with pytest.raises(errors.ClientError, match=words) as refused:
        gemini.models.generate_content(model="fake", contents=turns, config=tools())
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")


def test_several_functions_at_once_share_one_signature(gemini):
    parts = gemini.models.generate_content(
        model="fake", contents="Use the tools in parallel.", config=tools()
    ).candidates[0].content.parts
    assert [part.function_call.name for part in parts] == ["look", "look"]
    assert parts[0].thought_signature and not parts[1].thought_signature


def test_the_mode_of_calling_functions_is_followed(gemini):
    def called(mode, contents="hello"):
        calling = {"function_calling_config": {"mode": mode}}
        config = tools(tool_config=calling)
        return gemini.models.generate_content(model="fake", contents=contents, config=config).function_calls

    assert called("ANY")[0].name == "look"
    assert called("NONE", "Use the tool.") is None and called("AUTO") is None


class Place(BaseModel):
    city: str
    days: int


@pytest.mark.parametrize("how", ["response_schema", "response_json_schema"])
def test_genai_gets_json_that_follows_its_schema(gemini, how):
    schema = Place if how == "response_schema" else Place.model_json_schema()
    config = {"response_mime_type": "application/json", how: schema}
    answer = gemini.models.generate_content(model="fake", contents="hello", config=config)
    assert json.loads(answer.text) == {"city": "example city", "days": 1}
    if how == "response_schema":
        assert answer.parsed == Place(city="example city", days=1)


def test_an_answer_ends_for_the_reason_that_is_wanted(gemini, cloud):
    def end(directives, **config):
        answer = gemini.models.generate_content(model=f"fake@{directives}", contents="hello", config=config)
        return answer, answer.candidates and answer.candidates[0].finish_reason

    answer, reason = end("output_tokens=60", max_output_tokens=15)
    assert reason == types.FinishReason.MAX_TOKENS and answer.usage_metadata.candidates_token_count == 15
    answer, reason = end("finish=SAFETY")
    assert reason == types.FinishReason.SAFETY and answer.text is None
    answer, _ = end("block,tag=blocked")
    assert answer.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT and not answer.candidates
    assert cloud.billed("fake@block,tag=blocked")["output"] == 0


def test_genai_counts_tokens_and_embeds(gemini, cloud):
    counted = gemini.models.count_tokens(model="fake@input_tokens=77", contents="hello")
    assert counted.total_tokens == 77
    model = f"fake-embedding@input_tokens=9,tag=embed-{gemini.vertexai}"
    made = gemini.models.embed_content(
        model=model, contents=["a", "b"], config={"output_dimensionality": 8, "task_type": "RETRIEVAL_QUERY"}
    )
    assert [len(one.values) for one in made.embeddings] == [8, 8]
    assert made.embeddings[0].values != made.embeddings[1].values
    assert cloud.billed(model)["input"] == 9


def test_genai_lists_models(gemini):
    names = [model.name.rsplit("/", 1)[-1] for model in gemini.models.list(config={"page_size": 2})]
    assert names == ["fake", "fake-mini", "fake-embedding"]
    assert gemini.models.get(model="fake").name.endswith("models/fake")


def test_a_model_says_what_can_be_done_with_it(cloud):
    client = studio(cloud)
    model = client.models.get(model="fake")
    assert "generateContent" in model.supported_actions and model.input_token_limit > 0 and model.thinking


def test_a_key_that_is_wrong_is_googles_400(locked):
    knows, guesses = studio(locked, "right"), studio(locked, "wrong")
    assert knows.models.generate_content(model="fake", contents="hello").text
    with pytest.raises(errors.ClientError, match="API key not valid") as refused:
        guesses.models.generate_content(model="fake", contents="hello")
    assert refused.value.code == 400
    assert refused.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_a_key_may_stand_in_the_query_and_without_one_nobody_is_known(locked):
    def models(query):
        with urllib.request.urlopen(f"{locked.url}/v1beta/models{query}", timeout=10) as response:
            return json.load(response)["models"]

    assert len(models("?key=right")) == 3
    with pytest.raises(urllib.error.HTTPError) as refused:
        models("")
    error = json.load(refused.value)["error"]
    assert (error["code"], error["status"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    "status, kind, name",
    [
        (429, errors.ClientError, "RESOURCE_EXHAUSTED"),
        (500, errors.ServerError, "INTERNAL"),
        (503, errors.ServerError, "UNAVAILABLE"),
    ],
)
def test_a_failure_is_told_as_google_tells_it(gemini, status, kind, name):
    with pytest.raises(kind) as failed:
        gemini.models.generate_content(model=f"fake@status={status},retry_after=7", contents="hello")
    assert (failed.value.code, failed.value.status) == (status, name)
    assert failed.value.details["error"]["details"][-1]["retryDelay"] == "7s"


def test_an_error_in_a_stream_is_raised_by_the_sdk(gemini):
    text = ""
    with pytest.raises(errors.ServerError) as failed:
        for chunk in gemini.models.generate_content_stream(model="fake@chunks=8,error_event=3", contents="hello"):
            text += chunk.text
    assert text and failed.value.status == "UNAVAILABLE"


def test_a_field_that_there_is_not_is_refused_by_its_place(gemini):
    config = {"http_options": {"extra_body": {"generationConfig": {"topQ": 1}, "oops": 1}}}
    with pytest.raises(errors.ClientError) as refused:
        gemini.models.generate_content(model="fake", contents="hello", config=config)
    assert "Unknown name \"topQ\" at 'generation_config': Cannot find field." in refused.value.message
    assert "Unknown name \"oops\": Cannot find field." in refused.value.message
    violations = refused.value.details["error"]["details"][0]["fieldViolations"]
    assert {violation.get("field") for violation in violations} == {"generation_config", None}


def test_thinking_is_set_by_a_budget_or_by_a_level_and_not_by_both(gemini):
    def think(**thinking):
        return gemini.models.generate_content(model="fake", contents="hello", config={"thinking_config": thinking})

    assert think(thinking_budget=512).text and think(thinking_level="LOW").text
    with pytest.raises(errors.ClientError, match="only one of thinking budget and thinking level"):
        think(thinking_budget=512, thinking_level="LOW")


def test_a_token_is_asked_for_once_and_again_when_its_time_is_over(cloud, account):
    before = cloud.calls()["tokens"]
    credentials = account.credentials(cloud.url)
    client = genai.Client(
        vertexai=True, project="p", location="l", credentials=credentials, http_options={"base_url": cloud.url}
    )
    for _ in range(2):
        assert client.models.generate_content(model="fake", contents="hello").text
    assert cloud.calls()["tokens"] == before + 1
    expire_tokens(cloud.url)
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model="fake", contents="hello")
    assert (refused.value.code, refused.value.status) == (401, "UNAUTHENTICATED")
    credentials.refresh(Request())
    assert client.models.generate_content(model="fake", contents="hello").text


def test_an_account_with_another_key_gets_no_token(cloud, tmp_path):
    stranger = ServiceAccount(tmp_path)
    with pytest.raises(google.auth.exceptions.RefreshError, match="invalid_grant: Invalid JWT Signature"):
        stranger.credentials(cloud.url).refresh(Request())


def test_a_machine_in_google_cloud_gets_a_token_of_its_metadata_server(cloud, monkeypatch):
    # Read from GCE_METADATA_HOST when the module is imported.
    host = cloud.url.removeprefix("http://")
    monkeypatch.setattr("google.auth.compute_engine._metadata._GCE_METADATA_HOST", host)
    credentials = compute_engine.Credentials()
    credentials.refresh(Request())
    client = genai.Client(
        vertexai=True, project="p", location="l", credentials=credentials, http_options={"base_url": cloud.url}
    )
    assert client.models.generate_content(model="fake", contents="hello").text
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{cloud.url}/computeMetadata/v1/instance/service-accounts/default/token", timeout=10)
    assert refused.value.code == 403 and b"Missing Metadata-Flavor:Google header." in refused.value.read()


@pytest.fixture
def claude(cloud, account):
    return anthropic.AnthropicVertex(
        region="europe-west1",
        project_id="fake-project",
        credentials=account.credentials(cloud.url),
        base_url=f"{cloud.url}/v1",
        max_retries=0,
    )


@pytest.mark.parametrize("streams", [False, True])
def test_anthropic_vertex_thinks_and_uses_a_tool_over_two_turns(claude, cloud, streams):
    tool = {"name": "look", "description": LOOK["description"], "input_schema": LOOK["parameters"]}
    asked = {"model": f"fake@{COUNTS},tag=claude-{streams}", "max_tokens": 4_000, "tools": [tool]}
    asked["thinking"] = {"type": "enabled", "budget_tokens": 1_024}

    def say(turns):
        if not streams:
            return claude.messages.create(messages=turns, **asked)
        with claude.messages.stream(messages=turns, **asked) as stream:
            return stream.get_final_message()

    question = {"role": "user", "content": SPELT_OUT}
    first = say([question])
    thought, use = first.content
    assert thought.signature and use.input == {"at": "the door"}
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "a door"}
    assistant = {"role": "assistant", "content": [block.model_dump() for block in first.content]}
    second = say([question, assistant, {"role": "user", "content": [result]}])
    assert second.content[1].text.startswith("The quick brown fox") and second.usage.output_tokens == 60
    sent = json.loads(cloud.calls()["last_body"])
    assert sent["anthropic_version"] and "model" not in sent
    assert cloud.billed(asked["model"])["count"] == 2


def test_anthropic_vertex_counts_tokens(claude):
    counted = claude.messages.count_tokens(model="fake@input_tokens=7", messages=QUESTION)
    assert counted.input_tokens == 7


def test_anthropic_vertex_knows_who_refused(claude, cloud):
    def ask(directives, **more):
        return claude.messages.create(model=f"fake@{directives}", messages=QUESTION, **{"max_tokens": 50, **more})

    with pytest.raises(anthropic.BadRequestError) as refused:
        ask("", extra_body={"anthropic_version": "2023-06-01"})
    assert refused.value.body["error"]["message"].startswith("anthropic_version: Input should be 'vertex-2023-10-16'")
    with pytest.raises(anthropic.RateLimitError) as refused:
        ask("status=429")
    assert refused.value.body["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert ask("").content
    expire_tokens(cloud.url)
    with pytest.raises(anthropic.AuthenticationError):
        ask("")


def test_openai_sdk_speaks_to_vertex_ai(cloud, account):
    credentials = account.credentials(cloud.url)
    credentials.refresh(Request())
    base = f"{cloud.url}/v1/projects/p/locations/l/endpoints/openapi"
    client = openai.OpenAI(base_url=base, api_key=credentials.token, max_retries=0)
    model = f"google/fake@{COUNTS}"
    answer = client.chat.completions.create(model=model, messages=QUESTION)
    assert answer.choices[0].message.content and answer.usage.completion_tokens == 60
    chunks = list(client.chat.completions.create(model=model, messages=QUESTION, stream=True))
    assert len("".join(chunk.choices[0].delta.content or "" for chunk in chunks)) == 500
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="google/fake@status=429", messages=QUESTION)
    assert refused.value.body[0]["error"]["status"] == "RESOURCE_EXHAUSTED"
