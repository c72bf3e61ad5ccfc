"""The real parts that the tests start: the gateway's binary and the upstreams behind it."""
