"""The stand-in for Replicate, under the official SDK.

Nothing stands between: a stand-in that drifts from its vendor fails here.
"""

import pytest
import replicate
from replicate.exceptions import ReplicateError

from parts.upstreams import FakeProvider

COUNTS = "chunks=4,input_tokens=100,output_tokens=50"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("replicate"), "--key", "r8_right")
    yield running
    running.stop()


@pytest.fixture
def client(upstream):
    return replicate.Client(api_token="r8_right", base_url=upstream.url)


def test_a_prediction_is_waited_for_and_tells_its_tokens(upstream, client):
    model = f"meta/fake@{COUNTS},tag=waited"
    done = client.models.predictions.create(model=model, input={"prompt": "hello"}, wait=True)
    assert done.status == "succeeded" and "".join(done.output)
    assert (done.metrics["input_token_count"], done.metrics["output_token_count"]) == (100, 50)
    assert upstream.billed(model)["output"] == 50


def test_a_prediction_that_nobody_waits_for_is_asked_for(client):
    model = f"meta/fake@{COUNTS},tag=asked"
    begun = client.models.predictions.create(model=model, input={"prompt": "hello"})
    assert begun.status == "starting" and begun.output is None
    begun.wait()
    assert begun.status == "succeeded" and "".join(begun.output)


def test_a_stream_tells_the_text_and_its_end(upstream, client):
    model = f"meta/fake@{COUNTS},tag=streamed"
    begun = client.models.predictions.create(model=model, input={"prompt": "hello"}, stream=True)
    events = list(begun.stream())
    assert [event.event.value for event in events] == ["output"] * 4 + ["done"]
    begun.reload()
    assert "".join(str(event) for event in events[:-1]) == "".join(begun.output)
    assert upstream.billed(model)["output"] == 50


def test_a_prediction_is_canceled(client):
    begun = client.models.predictions.create(model="meta/fake@tag=canceled", input={"prompt": "hello"})
    begun.cancel()
    assert begun.status == "canceled"


def test_pictures_are_addresses(client):
    model = "acme/flux@tag=pictures"
    done = client.models.predictions.create(model=model, input={"prompt": "a fox", "num_outputs": 2}, wait=True)
    assert len(done.output) == 2 and all(address.startswith("https://") for address in done.output)


def test_what_is_wrong_is_said_in_the_vendors_words(upstream, client):
    with pytest.raises(ReplicateError) as told:
        client.models.predictions.create(model="meta/fake@tag=wrong", input={}, wait=True)
    assert told.value.status == 422 and "prompt is required" in told.value.detail
    stranger = replicate.Client(api_token="r8_wrong", base_url=upstream.url)
    with pytest.raises(ReplicateError) as told:
        stranger.models.predictions.create(model="meta/fake", input={"prompt": "hello"}, wait=True)
    assert told.value.status == 401 and told.value.title == "Unauthenticated"
