"""Fresh databases on the servers that `scripts/with-databases` has started."""

import os
import subprocess
import uuid


def fresh_database(kind: str) -> str:
    """The URL of an empty database, on `postgres` or `mysql`."""
    variable = f"HELIX_TEST_{kind.upper()}_URL"
    server = os.environ.get(variable)
    assert server, f"{variable} is not set: run this as `scripts/with-databases … -m pytest end2end/sdk`"
    name = f"cluster_{uuid.uuid4().hex}"
    _create[kind](server, name)
    return f"{server.rsplit('/', 1)[0]}/{name}"


def _create_on_postgres(server: str, name: str):
    subprocess.run(["psql", "--quiet", server, "-c", f"CREATE DATABASE {name}"], check=True)


def _create_on_mysql(server: str, name: str):
    user_and_host = server.removeprefix("mysql://").rsplit("/", 1)[0]
    user, address = user_and_host.split("@")
    host, port = address.split(":")
    where = [f"--host={host}", f"--port={port}", f"--user={user}", "--protocol=tcp"]
    subprocess.run(["mariadb-admin", "--no-defaults", *where, "create", name], check=True)


_create = {"postgres": _create_on_postgres, "mysql": _create_on_mysql}
