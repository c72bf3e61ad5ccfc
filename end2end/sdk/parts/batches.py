"""Requests of batches, and what becomes of them."""

import json


def openai_lines(model: str, count: int, url: str = "/v1/chat/completions", **body) -> bytes:
    """A file for a batch: `count` requests, named r0, r1, ….

    What `body` gives takes the place of a chat's messages.
    """
    body = body or {"messages": [{"role": "user", "content": "hello"}], "max_completion_tokens": 200}
    lines = [
        {"custom_id": f"r{index}", "method": "POST", "url": url, "body": {"model": model, **body}}
        for index in range(count)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def anthropic_requests(model: str, count: int, **params) -> list[dict]:
    """`count` requests, named r0, r1, ….

    What `params` gives is added.
    """
    message = {"role": "user", "content": "hello"}
    params = {"model": model, "max_tokens": 200, "messages": [message], **params}
    return [{"custom_id": f"r{index}", "params": params} for index in range(count)]


def results(lines: bytes | str) -> dict[str, dict]:
    """The lines of a file of results, by the names of their requests."""
    parsed = [json.loads(line) for line in lines.splitlines()]
    return {line["custom_id"]: line for line in parsed}
