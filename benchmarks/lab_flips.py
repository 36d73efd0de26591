"""How long does the lab take in a browser: to its first picture, and from a flipped switch to the redrawn comparison?

``python benchmarks/lab_flips.py [servers] [flips]`` starts a server as often (*answers* is how long that took), opens
the first screen in a headless Chromium that has seen nothing of it, and waits until the boxes move (*moving*, from then
on). Then it opens the hero with as many seeds that nobody has played, and flips the circuit breaker on (a fresh run),
off and on again (kept ones). *all* is when the page was drawn to its end, *numbers* when the headline numbers had
changed. Beside them stands the processor time of the server and of its workers, which tells more on a machine that
others use. Needs playwright and Chromium.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from lab_load import serve
from playwright.sync_api import sync_playwright

SWITCH = "circuit breaker"
WATCH = """() => {
    const told = () => [...document.querySelectorAll('[data-testid=stMetric]')].map(each => each.textContent).join('|');
    const state = () => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state');
    const began = performance.now(), before = told();
    window.flipped = {};
    const look = () => {
        const now = (performance.now() - began) / 1000, after = told();
        if (!window.flipped.numbers && after !== before && after.includes('%')) window.flipped.numbers = now;
        if (window.flipped.numbers && state() === 'notRunning') window.flipped.all = now;
        else setTimeout(look, 15);
    };
    look();
}"""
Times = dict[str, list[float]]


def processor_s(server: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Return the processor time so far of the server and of its workers, in seconds, from ``/proc``."""

    def used(process: int) -> float:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    threads = [path.read_text().split() for path in Path(f"/proc/{server.pid}/task").glob("*/children")]
    return used(server.pid), sum(used(int(child)) for child in {*children, *(one for each in threads for one in each)})


def first_picture(page: Any, address: str) -> float:
    """Return the seconds until the first screen's boxes move."""
    began = time.monotonic()
    page.goto(address)
    slider = page.get_by_role("slider", name="Time").first
    slider.wait_for()
    at = slider.get_attribute("aria-valuenow")
    while slider.get_attribute("aria-valuenow") == at:
        page.wait_for_timeout(10)
    return time.monotonic() - began


def flip(page: Any, server: subprocess.Popen[bytes], times: Times) -> None:
    """Flip the switch and note how long it took."""
    before = processor_s(server)
    page.evaluate(WATCH)
    page.get_by_test_id("stCheckbox").filter(has_text=SWITCH).first.locator("label").first.click()
    page.wait_for_function("() => window.flipped.all", timeout=120_000)
    found = page.evaluate("() => window.flipped")
    after = processor_s(server)
    for name, value in (*found.items(), ("server", after[0] - before[0]), ("workers", after[1] - before[1])):
        times.setdefault(name, []).append(value)
    page.wait_for_timeout(1_500)


def told(times: Times) -> str:
    """Return each time's median and lowest value."""
    return ", ".join(f"{name} {median(all_s):.2f} (lowest {min(all_s):.2f})" for name, all_s in times.items())


def main() -> None:
    """Measure and print, in seconds."""
    servers, flips = (int(word) for word in (*sys.argv[1:], "3", "5")[:2])
    first: Times = {"answers": [], "moving": []}
    fresh: Times = {}
    kept: Times = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for number in range(servers):
            with socket.socket() as found:
                found.bind(("127.0.0.1", 0))
                port = found.getsockname()[1]
            began = time.monotonic()
            server = serve(port)
            first["answers"].append(time.monotonic() - began)
            try:
                page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
                first["moving"].append(first_picture(page, f"http://127.0.0.1:{port}/"))
                for seed in range(100, 100 + flips if number == servers - 1 else 100):
                    page.goto(f"http://127.0.0.1:{port}/lab?scenario=cascade_vs_backlog&run=1&seed={seed}")
                    page.get_by_test_id("stMetricValue").nth(1).wait_for(timeout=120_000)
                    page.wait_for_timeout(3_000)
                    for times in (fresh, kept, kept):
                        flip(page, server, times)
            finally:
                server.terminate()
                server.wait(10)
    print(f"first picture of a cold server: {told(first)}")
    print(f"fresh flip: {told(fresh)}")
    print(f"kept flip: {told(kept)}")


if __name__ == "__main__":
    main()
