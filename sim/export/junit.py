"""Verdicts as JUnit XML, which every CI server reads. Source: the Jenkins junit10 schema's common subset."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from sim.experiments.check import Checked
from sim.export.tables import number
from sim.results.claims import Verdict
from sim.results.measures.registry import NAMES


def junit(checked: dict[str, Checked]) -> str:
    """Return one test suite for each scenario and one test case for each claim, with its time and its values."""
    suites = ElementTree.Element("testsuites")
    for file, one in checked.items():
        failed = [name for name, verdict in one.verdicts.items() if verdict.verdict == "fails"]
        undecided = [name for name, verdict in one.verdicts.items() if verdict.verdict == "cannot tell"]
        suite = ElementTree.SubElement(
            suites, "testsuite", name=file, tests=str(len(one.verdicts)), failures=str(len(failed)),
            errors=str(len(undecided)), time=f"{sum(one.seconds.values()):.3f}",
        )  # fmt: skip
        for name, verdict in one.verdicts.items():
            case = ElementTree.SubElement(
                suite, "testcase", classname=one.scenario.title, name=name, time=f"{one.seconds[name]:.3f}"
            )
            told = _values(one.scenario.expect[name], verdict)
            if verdict.verdict != "holds":
                kind = "failure" if verdict.verdict == "fails" else "error"
                ElementTree.SubElement(case, kind, message=verdict.text).text = told
            ElementTree.SubElement(case, "system-out").text = f"{verdict.verdict}: {verdict.text}\n{told}"
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _values(claim: Any, verdict: Verdict) -> str:
    """Return the value of each replication, with its unit."""
    unit = NAMES[claim.measure][0]
    values = ", ".join(number(value, unit) for value in verdict.values) or "none"
    return f"{claim.measure} in each replication: {values}"
