"""The public FOCUS validator (https://github.com/finopsfoundation/focus_validator), with the rules that it brings."""

import json
import re
import subprocess
from pathlib import Path

from .gateway import REPOSITORY

PYTHON = REPOSITORY / "end2end" / ".venv-focus" / "bin" / "python"

# What of the specification's conditions is true of a gateway.
IS_TRUE = [
    "ACCOUNT_NAMING_SUPPORTED",
    "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED",
    "MULTIPLE_PRICING_CATEGORIES_SUPPORTED",
    "MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED",
    "NEGOTIATED_PRICING_SUPPORTED",
    "PUBLIC_PRICE_LIST_SUPPORTED",
    "RESOURCE_TYPE_ASSIGNMENT_SUPPORTED",
    "SUB_ACCOUNT_SUPPORTED",
    "UNIT_PRICING_SUPPORTED",
    "USAGE_MEASUREMENT_SUPPORTED",
]


def site_packages() -> Path:
    return next((PYTHON.parents[1] / "lib").glob("python3*")) / "site-packages"


def rules(version: str) -> dict:
    """The rules that the validator brings for a version; empty where it has none."""
    files = sorted((site_packages() / "focus_validator" / "rules").glob(f"model-{version}*.json"))
    return json.loads(files[-1].read_text())["ModelRules"] if files else {}


def findings(file: Path, version: str) -> tuple[list[str], int]:
    """The rules that a file breaks, and how many it keeps."""
    # It looks for a list of currencies below the current directory.
    done = subprocess.run(
        [
            *(PYTHON, "-m", "focus_validator.main", "--data-file", file, "--validate-version", version),
            *("--focus-dataset", "CostAndUsage", "--block-download", "--applicability-criteria", ",".join(IS_TRUE)),
        ],
        cwd=site_packages(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    total = re.search(r"^Total: \d+ \| Pass: (\d+) \| Fail: (\d+)", done.stdout, re.MULTILINE)
    assert total, done.stdout[-2000:] + done.stderr[-2000:]
    failed = re.findall(r"^❌ (\S+): FAIL", done.stdout, re.MULTILINE)
    assert len(failed) == int(total.group(2))
    return sorted(set(failed) - alternatives_that_need_not_hold(version, failed)), int(total.group(1))


def alternatives_that_need_not_hold(version: str, failed: list[str]) -> set[str]:
    """Of two rules one of which must hold, the one that does not: `InvoiceId` is either null or it is not."""
    others = set()
    for name, rule in rules(version).items():
        requirement = rule["ValidationCriteria"]["Requirement"]
        if requirement.get("CheckFunction") == "OR" and name not in failed:
            others |= {item["ModelRuleId"] for item in requirement["Items"] if "ModelRuleId" in item}
    return others
