"""Outlier detection: a caller takes hosts that fail out of its load balancing for a while, by the calls that it makes.

It differs from a circuit breaker for each host. An ejected host returns after its time, whatever its state: nothing
probes it. Hosts return only at a sweep, every so many seconds. Each ejection of a host lasts longer than the one
before, and that lengthening is taken back, one step at each sweep, while the host stays in. A limit bounds the share
that may be ejected at once, however many fail. Five tests find outliers::

    after each call   errors in a row · gateway errors in a row · local errors in a row
    at each sweep     success rate below mean - factor x deviation · share of failures at or above a threshold

Two kinds of errors are distinguished: the host's own answers (an error; a rejection, which is a gateway error as HTTP's
503 is), and those that the caller itself finds (a timeout, a refused or broken connection). Without *split_local* a
local error counts as a gateway error. With it, it counts in the local tests only, and each connection that is made is a
local success: so timeouts of a host that still accepts connections are hardly ever in a row.

Source: Envoy (main branch, commit 00c7146), ``source/common/upstream/outlier_detection_impl.cc`` and
``api/envoy/config/cluster/v3/outlier_detection.proto``.

Not modelled: monitors that are extensions, and the time that the news of an ejection takes from thread to thread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Iterable, Protocol

from sim.outcomes import DEGRADED, ERROR, REFUSED, REJECTED, TIMEOUT

ERRORS, GATEWAY_ERRORS, LOCAL_ERRORS = "errors in a row", "gateway errors in a row", "local errors in a row"
SUCCESS_RATE, FAILURES = "success rate", "failure percentage"
LOCAL_SUCCESS_RATE, LOCAL_FAILURES = "local success rate", "local failure percentage"
TESTS = (ERRORS, GATEWAY_ERRORS, LOCAL_ERRORS, SUCCESS_RATE, FAILURES, LOCAL_SUCCESS_RATE, LOCAL_FAILURES)
"""The tests that find an outlier, by name."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class EjectionLimits:
    """How long a host is ejected, and how many may be at once.

    The n-th ejection lasts *base_s* times n, at most *longest_s*, plus up to *jitter_s* at random. At most
    *most_ejected* of the hosts are ejected; with *always_one* the first is ejected even if that is more. With
    *may_exceed* hosts are ejected while the share that is ejected is below the limit, so that the last may exceed it.
    """

    every_s: float
    base_s: float
    longest_s: float
    jitter_s: float
    most_ejected: float
    always_one: bool
    may_exceed: bool

    def allows(self, ejected: int, hosts: int) -> bool:
        """Whether one more of *hosts* may be ejected when *ejected* are.

        >>> tenth = EjectionLimits(10, 30, 300, 0, 0.1, False, False)
        >>> tenth.allows(0, 10), tenth.allows(1, 10), tenth.allows(0, 9)
        (True, False, False)
        """
        if self.always_one and not ejected:
            return True
        room = self.most_ejected * hosts
        return ejected < room - _ROUNDING if self.may_exceed else ejected + 1 <= room + _ROUNDING


@dataclass(frozen=True, slots=True)
class RateTest:
    """A test of the hosts' rates at a sweep: it needs *hosts* hosts with *requests* requests each since the last."""

    bound: float
    hosts: int
    requests: int


class OnEjection(Protocol):
    """Notes that a host is ejected: the instant, the host, the test that found it, and for how many seconds."""

    def __call__(self, now: float, host: int, test: str, span_s: float) -> None:
        """Note it."""


class _Rate:
    """Calls and successes since the last sweep, and in the interval before it."""

    __slots__ = ("calls", "successes", "judged_calls", "judged_successes")

    def __init__(self) -> None:
        self.calls = self.successes = self.judged_calls = self.judged_successes = 0

    def count(self, ok: bool) -> None:
        self.calls += 1
        self.successes += ok

    def turn(self) -> None:
        """A sweep begins: what was counted since the last is judged."""
        self.judged_calls, self.judged_successes = self.calls, self.successes
        self.calls = self.successes = 0

    @property
    def success_rate(self) -> float:
        return self.judged_successes / self.judged_calls


class HostMonitor:
    """What a detector knows about one host."""

    __slots__ = ("in_a_row", "external", "local", "is_ejected", "multiplier", "ejected_at", "span_s", "returned_at")

    def __init__(self) -> None:
        self.in_a_row = dict.fromkeys((ERRORS, GATEWAY_ERRORS, LOCAL_ERRORS), 0)
        self.external, self.local = _Rate(), _Rate()
        self.is_ejected = False
        self.multiplier = 0
        self.ejected_at = self.span_s = 0.0
        self.returned_at = math.inf


class OutlierDetector:
    """Eject hosts that fail, for longer each time, but never more than a share of all.

    Use it in front of several replicas of which a few may fail alone. When more fail than it may eject, the rest of the
    failing ones stay in: with k of n hosts failing and m ejected, (k - m) / (n - m) of the calls fail.

    *in_a_row* has the number of failures for each test of failures in a row (0: never), *success_rate* the factor on
    the deviation, *failures* the share of failures; *enforced* the probability that a host which a test finds is in
    fact ejected. *uniform* draws that probability and the jitter.
    """

    __slots__ = (
        "limits",
        "in_a_row",
        "split_local",
        "success_rate",
        "failures",
        "enforced",
        "monitors",
        "ejected",
        "_uniform",
        "_on_ejection",
        "_on_return",
    )

    def __init__(
        self,
        limits: EjectionLimits,
        in_a_row: dict[str, int],
        split_local: bool,
        success_rate: RateTest,
        failures: RateTest,
        enforced: dict[str, float],
        uniform: Callable[[], float],
        on_ejection: OnEjection,
        on_return: Callable[[float, int], None],
    ) -> None:
        self.limits, self.in_a_row, self.split_local = limits, in_a_row, split_local
        self.success_rate, self.failures, self.enforced = success_rate, failures, enforced
        self.monitors: dict[int, HostMonitor] = {}
        self.ejected = 0
        self._uniform, self._on_ejection, self._on_return = uniform, on_ejection, on_return

    def watch(self, hosts: Iterable[int]) -> None:
        """Set the hosts that there are: new ones are known nothing of, and what is known of others is forgotten."""
        known = self.monitors
        self.monitors = {host: known.get(host) or HostMonitor() for host in hosts}
        self.ejected = sum(monitor.is_ejected for monitor in self.monitors.values())

    def is_ejected(self, host: int) -> bool:
        """Whether *host* is ejected."""
        monitor = self.monitors.get(host)
        return monitor is not None and monitor.is_ejected

    # --- after each call ------------------------------------------------------------------------------------------

    def connected(self, host: int) -> None:
        """A connection to *host* was made; with *split_local* it is a local success."""
        if self.split_local and (monitor := self.monitors.get(host)) is not None:
            monitor.local.count(True)
            monitor.in_a_row[LOCAL_ERRORS] = 0

    def record(self, host: int, outcome: int, now: float) -> None:
        """Fold in the *outcome* of a call to *host*, known at *now*."""
        monitor = self.monitors.get(host)
        if monitor is None:
            return
        if outcome <= DEGRADED:
            monitor.external.count(True)
            monitor.in_a_row[ERRORS] = monitor.in_a_row[GATEWAY_ERRORS] = 0
        elif outcome in (TIMEOUT, REFUSED) and self.split_local:
            monitor.local.count(False)
            self._count(host, monitor, LOCAL_ERRORS, now)
        elif outcome in (ERROR, REJECTED, TIMEOUT, REFUSED):
            monitor.external.count(False)
            if outcome == ERROR:
                monitor.in_a_row[GATEWAY_ERRORS] = 0
            else:
                self._count(host, monitor, GATEWAY_ERRORS, now)
            self._count(host, monitor, ERRORS, now)

    def _count(self, host: int, monitor: HostMonitor, test: str, now: float) -> None:
        monitor.in_a_row[test] += 1
        if monitor.in_a_row[test] == self.in_a_row[test] and not monitor.is_ejected:
            self._eject(host, monitor, test, now)
            monitor.in_a_row[test] = 0

    def _eject(self, host: int, monitor: HostMonitor, test: str, now: float) -> None:
        """Eject *host*, if the limit and the share that is enforced allow it."""
        limits, enforced = self.limits, self.enforced[test]
        if not limits.allows(self.ejected, len(self.monitors)):
            return
        if enforced < 1 and not (enforced and self._uniform() < enforced):
            return
        if monitor.multiplier * limits.base_s < limits.longest_s + limits.base_s:
            monitor.multiplier += 1
        jitter_s = self._uniform() * limits.jitter_s if limits.jitter_s else 0.0
        monitor.is_ejected, monitor.ejected_at = True, now
        monitor.span_s = min(limits.base_s * monitor.multiplier, limits.longest_s) + jitter_s
        self.ejected += 1
        self._on_ejection(now, host, test, monitor.span_s)

    # --- at each sweep --------------------------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Let hosts return whose time has passed, judge the rates of the others, and take lengthenings back."""
        for host, monitor in self.monitors.items():
            if monitor.is_ejected and now - monitor.ejected_at >= monitor.span_s - _ROUNDING:
                self.take_back(host, now)
            monitor.external.turn()
            monitor.local.turn()
        monitors = self.monitors.items()
        self._judge({host: one.external for host, one in monitors}, SUCCESS_RATE, FAILURES, now)
        if self.split_local:
            self._judge({host: one.local for host, one in monitors}, LOCAL_SUCCESS_RATE, LOCAL_FAILURES, now)
        for monitor in self.monitors.values():
            stayed_s = now - monitor.returned_at
            if not monitor.is_ejected and monitor.multiplier and stayed_s >= self.limits.every_s - _ROUNDING:
                monitor.multiplier -= 1

    def take_back(self, host: int, now: float) -> None:
        """Let *host* return if it is ejected: its time has passed, or a health check was good."""
        monitor = self.monitors.get(host)
        if monitor is None or not monitor.is_ejected:
            return
        monitor.is_ejected, monitor.returned_at = False, now
        self.ejected -= 1
        for test in monitor.in_a_row:
            monitor.in_a_row[test] = 0
        self._on_return(now, host)

    def _judge(self, rates: dict[int, _Rate], success_rate: str, failures: str, now: float) -> None:
        """Eject the outliers among hosts that are in and had enough requests in the last interval."""
        asked = {host: one for host, one in rates.items() if one.judged_calls and not self.monitors[host].is_ejected}
        low, many = self.success_rate, self.failures
        judged = {host: one.success_rate for host, one in asked.items() if one.judged_calls >= low.requests}
        if judged and len(judged) >= low.hosts:
            least = least_success_rate(list(judged.values()), low.bound)
            for host in [host for host, rate in judged.items() if rate < least - _ROUNDING]:
                self._eject(host, self.monitors[host], success_rate, now)
        failing = {host: 1 - one.success_rate for host, one in asked.items() if one.judged_calls >= many.requests}
        if failing and len(failing) >= many.hosts:
            for host in [host for host, share in failing.items() if share >= many.bound - _ROUNDING]:
                if not self.monitors[host].is_ejected:
                    self._eject(host, self.monitors[host], failures, now)


def least_success_rate(rates: list[float], factor: float) -> float:
    """Return the success rate below which a host is an outlier: the mean less *factor* standard deviations.

    >>> round(least_success_rate([0.5, 1.0, 1.0, 1.0, 1.0], 1.9), 9)
    0.52
    """
    mean = math.fsum(rates) / len(rates)
    variance = math.fsum((rate - mean) ** 2 for rate in rates) / len(rates)
    return mean - factor * math.sqrt(variance)
