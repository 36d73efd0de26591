"""What a breaker counts while it is closed: calls, failures and slow calls of a window, which moves in four ways.

A tally counts a call when it ends (``ended``), or when it begins, which ``began`` reports: products differ. Its failure
is then counted when it ends, in the bucket in which it began (gobreaker) or in the latest one (opossum).

Not modelled: gobreaker's runs of failures, which leave its rolling window bucket by bucket; Failsafe's buckets, which
begin again after a gap of a whole window.
"""

from __future__ import annotations

from collections import deque

from sim.errors import ParameterError
from sim.policies.breaker import at_least_one

_ROUNDING = 1e-9


class Tally:
    """All calls since it was last cleared."""

    __slots__ = ("total", "failed", "slow")

    def __init__(self) -> None:
        self.total = self.failed = self.slow = 0

    def began(self, now: float, calls: int = 1) -> None:
        """Count *calls* that begin at *now*; -1 takes back one that was never made."""
        self.total += calls

    def ended(self, now: float, calls: int, failed: int, slow: int, began_at: float) -> None:
        """Count the end of a call at *now*; *calls* is 0 if it was counted when it began, at *began_at*."""
        self.total += calls
        self.failed += failed
        self.slow += slow

    def clear(self, now: float) -> None:
        """Forget everything."""
        self.total = self.failed = self.slow = 0

    def _subtract(self, calls: int, failed: int, slow: int) -> None:
        self.total -= calls
        self.failed -= failed
        self.slow -= slow


class LatestCalls(Tally):
    """The latest *calls* that ended."""

    __slots__ = ("calls", "_kept")

    def __init__(self, calls: int) -> None:
        at_least_one("calls", calls)
        super().__init__()
        self.calls = calls
        self._kept: deque[tuple[int, int]] = deque()

    def ended(self, now: float, calls: int, failed: int, slow: int, began_at: float) -> None:
        """Count it, and drop the oldest."""
        super().ended(now, 1, failed, slow, began_at)
        self._kept.append((failed, slow))
        if len(self._kept) > self.calls:
            self._subtract(1, *self._kept.popleft())

    def clear(self, now: float) -> None:
        """Forget everything."""
        super().clear(now)
        self._kept.clear()


class LatestSpan(Tally):
    """The calls that ended less than *window_s* ago; each leaves when it is exactly that old."""

    __slots__ = ("window_s", "_kept")

    def __init__(self, window_s: float) -> None:
        _above_zero("window", window_s)
        super().__init__()
        self.window_s = window_s
        self._kept: deque[tuple[float, int, int, int]] = deque()

    def began(self, now: float, calls: int = 1) -> None:
        """Count it, and drop what is too old."""
        super().began(now, calls)
        self._keep(now, calls, 0, 0)

    def ended(self, now: float, calls: int, failed: int, slow: int, began_at: float) -> None:
        """Count it, and drop what is too old."""
        super().ended(now, calls, failed, slow, began_at)
        self._keep(now, calls, failed, slow)

    def _keep(self, now: float, calls: int, failed: int, slow: int) -> None:
        kept = self._kept
        kept.append((now, calls, failed, slow))
        while now - kept[0][0] >= self.window_s:
            self._subtract(*kept.popleft()[1:])

    def clear(self, now: float) -> None:
        """Forget everything."""
        super().clear(now)
        self._kept.clear()


class Buckets(Tally):
    """The latest *buckets* spans of ``window_s / buckets``; a whole bucket leaves at once.

    They *begin* by the ``clock``, at multiples of their length (resilience4j: seconds of the epoch; opossum: a timer);
    when it ``closed``, and so on from there (gobreaker's BucketPeriod, Failsafe); or with the first ``call`` after the
    last bucket has ended (Polly). *by_begin* puts a failure into the bucket in which its call began, if that is left.

    Source: SlidingTimeWindowMetrics of resilience4j, lib/status.js of opossum, v2/counter.go of gobreaker,
    TimedCircuitStats of Failsafe, RollingHealthMetrics of Polly.
    """

    __slots__ = ("window_s", "length_s", "begin", "by_begin", "_since", "_kept")

    def __init__(self, window_s: float, buckets: int, begin: str, by_begin: bool = False) -> None:
        _above_zero("window", window_s)
        at_least_one("buckets", buckets)
        super().__init__()
        self.window_s, self.length_s, self.begin, self.by_begin = window_s, window_s / buckets, begin, by_begin
        self._since = 0.0
        self._kept: deque[list[float]] = deque()  # where it begins, calls, failures, slow calls

    def began(self, now: float, calls: int = 1) -> None:
        """Count it in the latest bucket; a call that is taken back may have left with its own."""
        latest = self._latest(now)
        if latest[1] + calls >= 0:
            super().began(now, calls)
            latest[1] += calls

    def ended(self, now: float, calls: int, failed: int, slow: int, began_at: float) -> None:
        """Count it in its bucket; a failure whose bucket has left counts nowhere."""
        latest = self._latest(now)
        if self.by_begin:
            start = self._start(began_at)
            latest = next((one for one in self._kept if abs(one[0] - start) < _ROUNDING), [])
            if not latest:
                return
        super().ended(now, calls, failed, slow, began_at)
        for place, more in enumerate((calls, failed, slow), 1):
            latest[place] += more

    def _start(self, now: float) -> float:
        """Return where the bucket of *now* begins, on a grid."""
        return self._since + int((now - self._since) / self.length_s + _ROUNDING) * self.length_s

    def _latest(self, now: float) -> list[float]:
        """Return the bucket of *now*, and drop those that have left."""
        kept = self._kept
        if self.begin == "call":
            if not kept or now - kept[-1][0] >= self.length_s - _ROUNDING:
                kept.append([now, 0, 0, 0])
            least = now - self.window_s
        else:
            start = self._start(now)
            if not kept or start - kept[-1][0] > _ROUNDING:
                kept.append([start, 0, 0, 0])
            least = start - self.window_s
        while kept[0][0] <= least + _ROUNDING:
            _, calls, failed, slow = kept.popleft()
            self._subtract(int(calls), int(failed), int(slow))
        return kept[-1]

    def clear(self, now: float) -> None:
        """Forget everything."""
        super().clear(now)
        self._kept.clear()
        if self.begin == "closed":
            self._since = now


def _above_zero(place: str, span_s: float) -> None:
    if not span_s > 0:
        raise ParameterError("be a duration above zero", span_s, place=place)
