"""Words of products: each means a field that exists, from one source, in any spelling; others mean nothing."""

import pytest
from typer.testing import CliRunner

from sim.cli.program import program
from sim.mechanisms.links.retry import Retry
from sim.scenario.models import HealthChecks, Link, Queue, Service
from sim.scenario.product_words import ROWS, SOURCES, _of_docstrings, explain_word, hint, meanings, words_of
from sim.scenario.schema import explain_field, joined


def paths(word: str) -> list[str]:
    return [one.path for one in meanings(word)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.product} {row.word}")
def test_every_row_names_fields_that_exist_or_says_what_is_there_instead(row) -> None:
    assert row.product in SOURCES
    assert row.ours or row.remark
    for ours in row.ours:
        assert ours in explain_field(ours).splitlines()[0]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.product} {row.word}")
def test_no_row_repeats_or_contradicts_a_docstring(row) -> None:
    said = [one for one in _of_docstrings() if joined(one.word) == joined(row.word)]
    said = [one.kind for one in said if one.product in (row.product, "")]
    assert not set(said) & set(row.ours), "the docstring's field is the answer: the row is not needed"
    assert row.ours or not said, "the format has something like it"


def test_no_two_rows_say_the_same() -> None:
    assert len({(row.word, row.product) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    "word", ["maxReceiveCount", "max_receive_count", "Max-Receive-Count", "RedrivePolicy.maxReceiveCount"]
)
def test_case_separators_and_what_stands_before_do_not_matter(word: str) -> None:
    assert paths(word) == ["queues.NAME.max deliveries"]


def test_a_unit_at_the_end_does_not_matter() -> None:
    assert paths("connectionTimeoutMillis") == ["services.NAME.max wait"]
    assert paths("sleepWindowInMilliseconds") == ["links.NAME.breaker.open for"]


def test_words_are_taken_from_the_docstrings_of_fields() -> None:
    assert list(words_of("(Kubernetes' `periodSeconds`, HikariCP's `a` or `full` or `b_c`)")) == [
        ("periodSeconds", "Kubernetes"), ("a", "HikariCP"), ("b_c", ""),
    ]  # fmt: skip
    assert paths("readinessProbe.periodSeconds") == ["services.NAME.health checks.every"]


def test_a_word_is_answered_with_the_key_of_the_map_where_it_stands() -> None:
    assert hint("maxReceiveCount", [Queue]) == "it is called `max deliveries` here"
    assert hint("timeoutSeconds", [HealthChecks]) == "it is called `timeout` here"
    assert hint("timeoutSeconds", [Link]) == "it is called `timeout` here"
    assert hint("maxAttempts", [Retry]) == "it is called `max attempts` here"
    assert hint("num_retries", [Retry]).startswith("it is called `max attempts` here. It counts retries: ours is")
    assert hint("maxReceiveCount", [Link]) == "Amazon SQS's `maxReceiveCount` is queues.NAME.max deliveries"


def test_a_word_without_a_mechanism_gets_a_plain_answer_and_an_unknown_one_none() -> None:
    assert hint("x-message-ttl", [Queue]) == (
        "the format has nothing like RabbitMQ's `x-message-ttl`. Messages do not expire here"
    )
    assert explain_word("leakDetectionThreshold")[0].startswith(
        "leakDetectionThreshold: HikariCP's word; the format has nothing like it. The fault `leak`"
    )
    assert hint("colour", [Service]) == "" and explain_word("colour") == [] and paths("") == []


def test_explain_field_answers_a_products_word_with_ours_and_its_explanation() -> None:
    said = CliRunner().invoke(program(), ["explain-field", "maxReceiveCount"])
    assert said.exit_code == 0, said.output
    assert said.output.startswith("maxReceiveCount: Amazon SQS's word for queues.NAME.max deliveries\n\n")
    assert "queue.max deliveries\n" in said.output and "Deliveries in all" in said.output


def test_our_own_key_in_another_spelling_is_explained() -> None:
    assert explain_field("visibilityTimeout").startswith("queue.visibility timeout\n")
