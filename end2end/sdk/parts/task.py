"""The one task that every client does, and the providers that it does it on; both are data, shared with TypeScript.

Two tools are called at once, one of their results is an error, a third is called with that known, and then there is
an answer. The fake provider follows the question, which spells the calls out.
"""

import json
from pathlib import Path

from .configuration import CANARY, model
from .sent import Sent
from .talks import Result, Talk, Turn
from .talks.google_genai import GoogleGenAi

HERE = Path(__file__).parents[2] / "task"
TASK = json.loads((HERE / "task.json").read_text())
PROVIDERS = json.loads((HERE / "providers.json").read_text())
# Of a prompt and an answer, whoever is asked; every turn is billed as one of each.
INPUT_TOKENS, OUTPUT_TOKENS = 100, 50
PRICE = {"input": "0.25", "output": "2.00"}
# A dialect that has a mark for a result that is an error; elsewhere its text has to say so.
MARKS_ERRORS = {"anthropic", "converse", "gemini"}


def configuration(url: str, names=tuple(PROVIDERS), **fakes: str) -> dict:
    """A gateway with a model of each provider, named as the provider is; `fakes` are more of them, named
    `{name}-{provider}`, with directives of their own."""
    usual = f"chunks=4,input_tokens={INPUT_TOKENS},output_tokens={OUTPUT_TOKENS}"
    models = []
    for name in names:
        given = PROVIDERS[name]
        own = f",{given['directives']}" if "directives" in given else ""
        for prefix, directives in {"": usual, **{f"{fake}-": value for fake, value in fakes.items()}}.items():
            tag = f"{prefix}{name}"
            upstream = f"{given['model']}@{directives}{own},tag={tag}"
            models.append(model(tag, name, PRICE, upstream=upstream, **given.get("backend", {})))
    return {"providers": {name: filled_in(PROVIDERS[name]["provider"], url) for name in names}, "models": models}


def filled_in(settings, url: str):
    if isinstance(settings, dict):
        return {name: filled_in(value, url) for name, value in settings.items()}
    values = {"{url}": url, "{host}": url.removeprefix("http://"), "{key}": CANARY}
    for place, value in values.items():
        settings = settings.replace(place, value) if isinstance(settings, str) else settings
    return settings


def do(talk: Talk, provider: str, last_body) -> list[Turn]:
    """Does the task, and looks at what the provider was sent on the way. Gives what was said in each turn."""
    turns = [talk.say(TASK["question"])]
    for step in TASK["steps"]:
        turn = turns[-1]
        wanted = [(call["name"], call["arguments"]) for call in step]
        assert [(call.name, call.arguments) for call in turn.calls] == wanted
        if not (isinstance(talk, GoogleGenAi) and provider == "vertex-gemini"):  # Vertex gives calls no ids, and is relayed
            assert all(call.id for call in turn.calls) and len({call.id for call in turn.calls}) == len(turn.calls)
        results = [
            Result(call, asked["result"], asked["is_error"]) for call, asked in zip(turn.calls, step, strict=True)
        ]
        turns.append(talk.give(results))
        check_sent(Sent(last_body()), step, talk, provider)
    assert turns[-1].text.startswith(TASK["answer"]) and not turns[-1].calls
    turns.append(talk.say(TASK["thanks"]))
    assert turns[-1].text.startswith(TASK["answer"]) and not turns[-1].calls
    sent = Sent(last_body())
    assert len(sent.results) == sum(map(len, TASK["steps"])), "the whole of it is told again"
    return turns


def check_sent(sent: Sent, step: list[dict], talk: Talk, provider: str):
    """The results of a step have come to the provider, each under the id of its call, in their order."""
    results = sent.results[-len(step) :]
    calls = sent.calls[-len(step) :]
    assert [call.name for call in calls] == [asked["name"] for asked in step]
    assert [call.arguments for call in calls] == [asked["arguments"] for asked in step]
    for asked, call, result in zip(step, calls, results, strict=True):
        assert asked["result"] in result.text
        assert result.id == call.id
        if talk.marks_errors and PROVIDERS[provider]["dialect"] in MARKS_ERRORS:
            assert result.is_error == asked["is_error"]
    if talk.has_instructions:
        assert TASK["instructions"] in sent.body
