"""Each term has one sentence and, where it is not our own, a source; page, tooltips and the command show the same."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli.program import program
from sim.glossary import SOURCES, TERMS, page

ROOT = Path(__file__).parents[1]


def test_the_committed_page_is_fresh_and_linked() -> None:
    assert (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8") == page(), "run: make schema"
    assert "(docs/glossary.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TERMS)
def test_a_term_has_one_sentence(name: str) -> None:
    meaning = TERMS[name].meaning
    assert name == name.lower() and meaning.endswith(".") and len(meaning) <= 160
    assert not re.search(r"[.!?] ", meaning), "one sentence"


def test_every_source_is_used_and_every_cited_source_exists() -> None:
    assert {term.source for term in TERMS.values()} - {""} == set(SOURCES)
    assert all(source.title and source.address.startswith("https://") for source in SOURCES.values())


def test_the_words_that_newcomers_look_for_are_there() -> None:
    wanted = (
        "goodput, amplification, retry storm, metastable failure, bulkhead, circuit breaker, half-open, hedge, "
        "single flight, backlog, dead letter, visibility timeout, ghost, blast radius, deadline propagation, "
        "load shedding, codel, request, attempt, visit, delivery, effect"
    )
    assert set(wanted.split(", ")) <= set(TERMS)


def test_the_lab_shows_the_same_sentences() -> None:
    from sim.lab.glossary import GLOSSARY

    assert {name: term.meaning for name, term in TERMS.items()} == GLOSSARY


@pytest.mark.parametrize(
    "field, found", [("retry storm", 1), ("goodput", 1), ("Deadline", 2), ("visibility_timeout", 2)]
)
def test_explain_field_explains_terms_alone_and_next_to_a_key(field: str, found: int) -> None:
    said = CliRunner().invoke(program(), ["explain-field", field])
    assert said.exit_code == 0, said.output
    assert len(said.output.strip().split("\n\n")) >= found and "a word of the glossary" in said.output
    assert field.lower().replace("_", " ") in said.output
