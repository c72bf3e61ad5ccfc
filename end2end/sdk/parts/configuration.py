"""Pieces of `gateway.yaml`."""

# The credential of every provider here. It must never be seen anywhere but in the requests to them.
CANARY = "canary-3f9c1e7a52d84b06-do-not-show"


def provider(kind: str, url: str, **settings) -> dict:
    base_url = f"{url}/v1" if kind == "openai" else url
    return {"kind": kind, "base_url": base_url, "api_key": CANARY, **settings}


def model(
    name: str,
    provider_name: str,
    price: dict,
    upstream: str | None = None,
    second: tuple | None = None,
    **settings,
) -> dict:
    backends = [{"provider": provider_name, "model": upstream or name, **settings}]
    if second:
        backends.append({"provider": second[0], "model": second[1]})
    return {"name": name, "price": price, "backends": backends}
