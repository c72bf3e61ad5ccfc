"""Exports of a real gateway's ledger: judged by the public FOCUS validator, compared with the calls."""

import csv
import io
import json
import re
import sqlite3
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import anthropic
import openai
import pytest

from parts import focus
from parts.configuration import model, provider
from parts.gateway import Gateway, cost

VERSIONS = ("1.2", "1.3", "1.4")
EVER = ("--from=2020-01-01", "--to=2100-01-01")
CHEAP = {"input": "0.25", "cached_input": "0.025", "output": "2.00"}
# Prices that do not divide well, one for the call itself, one for long prompts.
ODD = {
    "input": "1.333333333",
    "cached_input": "0.1",
    "cache_write": "3.7",
    "output": "7.77",
    "request": "0.0001",
    "above": [{"input_tokens": 90, "price": {"input": "2.666666667"}}],
}
QUESTION = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, fake):
    """A gateway with calls of several models, prices and people."""
    cached = "input_tokens=100,cached_tokens=60,output_tokens=50"
    gateway = Gateway(
        tmp_path_factory.mktemp("exports"),
        {
            "organization": {"id": "acme", "name": "Acme, \"Ltd\""},
            "providers": {"open": provider("openai", fake.url), "anthro": provider("anthropic", fake.url)},
            "models": [
                model("cheap", "open", CHEAP, upstream=f"fake@{cached}"),
                model("odd", "anthro", ODD, upstream=f"fake@{cached},chunks=3"),
                model("silent", "open", CHEAP, upstream="fake@chunks=8,no_usage"),
                model("broken", "open", CHEAP, upstream="fake@status=500"),
                {"name": "unpriced", "backends": [{"provider": "open", "model": f"fake@{cached}"}]},
            ],
        },
    )
    gateway.add_user("ada@example.com", team="=Research")
    gateway.add_user("ben@example.com", team="Sales")
    for user in ("ada@example.com", "ben@example.com"):
        key = gateway.create_key(f"@{user}", user=user)
        client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
        messages = anthropic.Anthropic(base_url=gateway.url, api_key=key.secret, max_retries=0)
        for name in ("cheap", "cheap", "unpriced", "silent"):
            client.chat.completions.create(model=name, messages=QUESTION)
        for _ in client.chat.completions.create(model="cheap", messages=QUESTION, stream=True):
            pass
        messages.messages.create(model="odd", messages=QUESTION, max_tokens=60)
        for broken in ("broken", "nobody-serves-this"):
            with pytest.raises(openai.APIStatusError):
                client.chat.completions.create(model=broken, messages=QUESTION)
    gateway.calls_of("nobody-serves-this", 2)
    correct(gateway)
    yield gateway
    gateway.stop()


REFUND = "0.000001"
# Nano-dollars that are booked in another month, as a new price for a closed one is.
LATER = [("rerate", 40 * 86_400, "input", -9, 250_000_000, -2_250)]


def correct(gateway):
    call = gateway.calls_of("cheap", 1)[0]
    gateway.command("calls", "refund", call["request_id"], f"--amount={REFUND}", "--reason=an outage")
    with sqlite3.connect(gateway.directory / "data" / "helix.db") as database:
        (call_id,) = database.execute("SELECT id FROM calls WHERE started_at = ?", [call["started_at"]]).fetchone()
        for number, (kind, later, token_class, tokens, price, cost) in enumerate(LATER):
            booked_at = call["started_at"] + later * 1_000_000
            values = (bytes([number]) * 16, call_id, token_class, kind, booked_at, booked_at, tokens, price, cost, "")
            database.execute(
                "INSERT INTO correction_lines (correction_id, call_id, token_class, kind, made_at, booked_at, tokens,"
                " price_nanos, cost_nanos, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
    database.close()


def export(gateway, *options: str) -> str:
    return gateway.command("export", EVER[0], EVER[1], *options)


def rows(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("version", [version for version in VERSIONS if focus.rules(version)])
def test_the_public_validator_has_nothing_to_say(gateway, tmp_path, version, kind):
    file = tmp_path / f"focus.{kind}"
    export(gateway, "--layout=focus", f"--focus-version={version}", f"--format={kind}", f"--output={file}")
    broken, kept = focus.findings(file, version)
    assert broken == []
    assert kept > 200, "it has really looked"


def test_newer_versions_keep_the_rules_of_the_one_that_the_validator_knows(gateway, tmp_path):
    broken = {}
    for version in VERSIONS:
        file = tmp_path / f"focus-{version}.csv"
        export(gateway, "--layout=focus", f"--focus-version={version}", f"--output={file}")
        metadata = json.loads(Path(f"{file}.metadata.json").read_text())["Schema"]
        assert metadata["FocusVersion"] == version
        with file.open() as text:
            assert next(csv.reader(text)) == [column["ColumnName"] for column in metadata["ColumnDefinition"]]
        if version == "1.2":
            continue
        columns = {rule.split("-")[0] for rule in focus.findings(file, "1.2")[0]}
        broken[version] = columns - {"CostAndUsage"}
    # 1.4 has taken two columns away, and a rule of a third one reads them.
    assert broken == {"1.3": set(), "1.4": {"ProviderName", "PublisherName", "BilledCost"}}


def test_the_validator_finds_what_is_wrong(gateway, tmp_path):
    file = tmp_path / "focus.csv"
    wrong = rows(export(gateway, "--layout=focus"))
    wrong[0]["ListCost"] = ""
    with file.open("w", newline="") as text:
        writer = csv.DictWriter(text, wrong[0].keys())
        writer.writeheader()
        writer.writerows(wrong)
    assert "ListCost-C-003-M" in focus.findings(file, "1.2")[0]


def test_every_layout_adds_up_to_the_calls(gateway):
    calls = gateway.calls()
    later = sum(Decimal(correction[-1]) for correction in LATER) / 10**9
    total = sum(map(cost, calls)) - Decimal(REFUND) + later
    assert total > 0
    billing = rows(export(gateway))
    assert sum(Decimal(row["cost"]) for row in billing) == total
    for call in calls:
        lines = [row for row in billing if row["call_id"] == call["request_id"] and row["kind"] == "usage"]
        assert sum(Decimal(row["cost"]) for row in lines) == cost(call)
        assert sum(int(row["tokens"]) for row in lines if row["token_class"] != "request") == sum(call["tokens"].values())
    for version in VERSIONS:
        grouped = rows(export(gateway, "--layout=focus", f"--focus-version={version}"))
        assert sum(Decimal(row["BilledCost"]) for row in grouped) == total
        assert [row["ChargeClass"] for row in grouped if row["x_CorrectionKind"] == "rerate"] == ["Correction"]
        assert [row["ChargeCategory"] for row in grouped if row["x_CorrectionKind"] == "refund"] == ["Credit"]
        for row in (row for row in grouped if row["ChargeCategory"] == "Usage"):
            assert Decimal(row["ListUnitPrice"]) * Decimal(row["PricingQuantity"]) == Decimal(row["ListCost"])
            difference = abs(Decimal(row["ListCost"]) - Decimal(row["BilledCost"]))
            assert difference <= Decimal("0.0000000005") * int(row["x_RequestCount"])


def test_who_what_and_for_how_much_is_in_the_rows(gateway):
    billing = rows(export(gateway))
    assert {row["user"] for row in billing} == {"ada@example.com", "ben@example.com"}
    assert {row["team"] for row in billing} == {"'=Research", "Sales"}, "a formula is none"
    unpriced = [row for row in billing if row["model"] == "unpriced"]
    assert [(row["tokens"], row["unit_price"], row["is_priced"]) for row in unpriced] == [("150", "", "false")] * 2
    assert all(row["is_estimated"] == "true" for row in billing if row["model"] == "silent")
    odd = {row["token_class"]: row["unit_price"] for row in billing if row["model"] == "odd"}
    assert odd["input"] == "2.666666667" and odd["request"] == "0.000100000"
    assert not [row for row in billing if row["model"] == "nobody-serves-this"]


def test_a_workbook_has_every_row_below_a_header_that_stays(gateway, tmp_path):
    file = tmp_path / "lines.xlsx"
    export(gateway, "--format=xlsx", f"--output={file}")
    billing = rows(export(gateway))
    with zipfile.ZipFile(file) as workbook:
        sheet = workbook.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == len(billing) + 1
    assert 'state="frozen"' in sheet and "<f>" not in sheet
    assert "=Research" in sheet, "a text, as it is"
    # Column T is the cost: a number, and to nine decimals the one of the ledger.
    costs = re.findall(r'<c r="T\d+" s="\d+"><v>([^<]+)</v>', sheet)
    assert [round(Decimal(cost), 9) for cost in costs] == [Decimal(row["cost"]) for row in billing]


def test_an_export_that_cannot_be_written_says_so_and_leaves_nothing(gateway, tmp_path):
    told = gateway.try_command("export", EVER[0], EVER[1], f"--output={tmp_path}/nowhere/lines.csv")
    assert told.returncode != 0 and "nowhere/lines.csv" in told.stderr
    told = gateway.try_command("export", EVER[0], EVER[1], "--format=parquet")
    assert told.returncode != 0 and "--output" in told.stderr
    told = gateway.try_command("export", "--month=2026-13")
    assert told.returncode != 0 and "`2026-13` is no month" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_this_month_is_not_over_and_an_old_one_without_calls_can_be_closed_and_verified(gateway):
    month = gateway.calls()[0]["started_at"]
    this = datetime.fromtimestamp(month / 1_000_000, UTC).strftime("%Y-%m")
    told = gateway.try_command("periods", "close", this)
    assert told.returncode != 0 and f"{this} is not over" in told.stderr
    closed = gateway.command("periods", "close", "2020-01")
    manifest = re.search(r"Manifest ([0-9a-f]{64})", closed).group(1)
    assert manifest in gateway.command("periods", "list")
    folder = gateway.directory / "data" / "periods" / "2020-01"
    assert "by its manifest and the ledger" in gateway.command("periods", "verify", str(folder))
    assert "by its manifest." in gateway.command("periods", "verify", str(folder), "--offline")
    (folder / "names.csv").write_text("")
    told = gateway.try_command("periods", "verify", str(folder), "--offline")
    assert told.returncode != 0 and "names.csv was changed" in told.stdout
    again = gateway.directory / "again.csv"
    gateway.command("export", "--month=2020-01", f"--output={again}")
    assert manifest in (gateway.directory / "again.csv.manifest.json").read_text()
    assert "1 files are as they were written" in gateway.command("periods", "verify", str(again))
    assert "period.seal" in gateway.command("audit", "list", "--action", "period")
    assert "Every link is as it was written." in gateway.command("audit", "verify")
