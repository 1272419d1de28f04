"""The published description: valid, complete, committed as it is, and true."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.web.conftest import Served
from tests.web.openapi import OPENAPI_FILE, openapi_text

DOCUMENT: dict[str, Any] = json.loads(openapi_text())
OPERATIONS = [
    (method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]


def test_the_committed_copy_is_current() -> None:
    """`python -m tests.web.openapi` writes it anew."""
    assert OPENAPI_FILE.read_text("utf-8") == openapi_text()


def test_the_service_publishes_it(served: Served) -> None:
    assert served.client.get("/api/v1/openapi.json").json() == DOCUMENT


def test_it_is_valid() -> None:
    validator = pytest.importorskip(
        "openapi_spec_validator", reason="openapi-spec-validator is not installed"
    )
    assert DOCUMENT["openapi"].startswith("3.1")
    validator.validate(DOCUMENT)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_operation_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 20
    for parameter in operation.get("parameters", []):
        assert parameter["schema"].get("examples"), parameter["name"]
    problems = {status for status in operation["responses"] if status >= "400"}
    assert {"404", "422"} <= problems
    for status in problems:
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


def test_no_two_operations_share_an_id() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))


READING = [path for method, path, _ in OPERATIONS if method == "get"]


@pytest.mark.parametrize("path", READING)
def test_every_reading_operation_keeps_its_word(served: Served, path: str) -> None:
    """Schemathesis asks with what the description allows, and holds the answers against it."""
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    kept = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    operation = schemathesis.openapi.from_dict(DOCUMENT)[path]["GET"]

    @settings(max_examples=6, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=f"http://127.0.0.1:{served.port}", checks=kept)

    ask()


def test_the_examples_are_answered(served: Served) -> None:
    """What the description gives as an example is a question that has an answer."""
    for path in READING:
        operation = DOCUMENT["paths"][path]["get"]
        given_values = {one["name"]: one["schema"]["examples"][0] for one in operation.get("parameters", [])}
        address = path.format(**given_values)
        query = {name: value for name, value in given_values.items() if f"{{{name}}}" not in path}
        answer = served.client.get(address, params=query)
        assert answer.status_code == (404 if {"{number}", "{brief}"} & set(path.split("/")) else 200), (
            answer.url,
            answer.text,
        )
