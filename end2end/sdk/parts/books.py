"""What is in a gateway's database, asked past the gateway."""

import sqlite3
import subprocess
from pathlib import Path

ROLL_UPS = "spend"  # is in the name of every table of sums


class Books:
    """The ledger of one database; `url` as in the configuration, or the directory of a gateway on SQLite."""

    def __init__(self, url: str | Path):
        self._url = url

    def rows(self, query: str) -> list[tuple[str, ...]]:
        """The rows of a query, every value as text."""
        if isinstance(self._url, Path):
            with sqlite3.connect(f"file:{self._url}/data/helix.db?mode=ro", uri=True) as database:
                return [tuple(map(str, row)) for row in database.execute(query)]
        if self._url.startswith("postgres"):
            command = ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "-F", "\t", self._url, "-c", query]
        else:
            user, address = self._url.removeprefix("mysql://").split("@")
            (host, port), name = address.split("/")[0].split(":"), address.split("/")[1]
            where = ["--protocol=tcp", f"--host={host}", f"--port={port}", f"--user={user}"]
            command = ["mariadb", "--no-defaults", *where, "--batch", "--skip-column-names", name, "-e", query]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def number(self, query: str) -> int:
        """The one number that a query gives; nothing counts as zero."""
        [(value,)] = self.rows(query)
        return 0 if value in ("", "NULL", "None") else int(value)

    def roll_ups(self) -> list[str]:
        """Every table of sums."""
        if isinstance(self._url, Path):
            tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
        else:
            schema = "current_schema()" if self._url.startswith("postgres") else "DATABASE()"
            tables = f"SELECT table_name FROM information_schema.tables WHERE table_schema = {schema}"
        return [name for (name,) in self.rows(tables) if ROLL_UPS in name]
