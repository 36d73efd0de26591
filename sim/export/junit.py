"""Verdicts as JUnit XML, which every CI server reads. Source: the Jenkins junit10 schema's common subset."""

from __future__ import annotations

from xml.etree import ElementTree

from sim.experiments.check import Checked


def junit(checked: dict[str, Checked]) -> str:
    """Return one test suite for each scenario and one test case for each claim."""
    suites = ElementTree.Element("testsuites")
    for file, one in checked.items():
        failed = [name for name, verdict in one.verdicts.items() if verdict.verdict == "fails"]
        untold = [name for name, verdict in one.verdicts.items() if verdict.verdict == "cannot tell"]
        suite = ElementTree.SubElement(
            suites, "testsuite", name=file, tests=str(len(one.verdicts)), failures=str(len(failed)),
            errors=str(len(untold)),
        )  # fmt: skip
        for name, verdict in one.verdicts.items():
            case = ElementTree.SubElement(suite, "testcase", classname=one.scenario.title, name=name)
            if verdict.verdict == "fails":
                ElementTree.SubElement(case, "failure", message=verdict.text).text = str(list(verdict.values))
            elif verdict.verdict == "cannot tell":
                ElementTree.SubElement(case, "error", message=verdict.text).text = str(list(verdict.values))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"
