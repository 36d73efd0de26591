"""Outlier detection: a caller takes replicas that fail out of its load balancing for a while."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sim.fields.labels import percent, seconds
from sim.fields.presets import Given, Preset
from sim.fields.quantity import Duration, PositiveDuration, Share
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.scope import Scope
from sim.policies import outliers
from sim.policies.outliers import EjectionLimits, OutlierDetector, RateTest

LONGEST_S = 300.0
"""Envoy's default for `max_ejection_time`, unless one ejection lasts longer."""


_RATES = ("success rate factor", "success rate replicas", "success rate requests", "enforce success rate")
_FAILURES = (
    "failure percentage", "failure percentage replicas", "failure percentage requests", "enforce failure percentage",
)  # fmt: skip
_LOCAL = ("split local errors", "consecutive local errors")

ENVOY = Preset(
    name="envoy",
    source="envoyproxy/envoy, api/envoy/config/cluster/v3/outlier_detection.proto, since 1.31",
    fixed={"may exceed": False},
    defaults={
        "consecutive errors": 5, "every": "10s", "eject for": "30s", "most ejected": "10%", "always one": False,
        "panic threshold": "50%",
    },
    takes=(
        *_LOCAL, *_RATES, *_FAILURES, "consecutive gateway errors", "enforce errors", "enforce gateway errors",
        "enforce local errors", "enforce local success rate", "enforce local failure percentage", "eject for at most",
        "jitter", "checks take back", "in panic", "scope",
    ),
)  # fmt: skip


def _as_istio(given: Given) -> Given:
    """Gateway errors eject once they are given; no success rate does, of whatever origin."""
    more: Given = {}
    if given.get("consecutive gateway errors"):
        more["enforce gateway errors"] = "100%"
    if given.get("split local errors") is True:
        more["enforce local success rate"] = "0%"
    return {**given, **more}


ISTIO = Preset(
    name="istio",
    source="istio/istio, pilot/pkg/networking/core/cluster_traffic_policy.go",
    fixed={"enforce success rate": "0%", "may exceed": False, "always one": False},
    defaults={
        "consecutive errors": 5, "every": "10s", "eject for": "30s", "most ejected": "10%", "panic threshold": "0%",
    },
    takes=(*_LOCAL, "consecutive gateway errors", "checks take back", "scope"),
    settle=_as_istio,
)  # fmt: skip


def _as_grpc(given: Given) -> Given:
    """Each of the two tests is off until one of its settings is given."""
    more: Given = {}
    for keys in (_RATES, _FAILURES):
        if keys[-1] not in given:
            more[keys[-1]] = "100%" if any(key in given for key in keys) else "0%"
    return {**given, **more}


GRPC = Preset(
    name="grpc",
    source="grpc/proposal, A50-xds-outlier-detection.md",
    fixed={
        "consecutive errors": 0, "consecutive gateway errors": 0, "may exceed": True, "always one": True,
        "panic threshold": "0%",
    },
    defaults={"every": "10s", "eject for": "30s", "most ejected": "10%"},
    takes=(*_RATES, *_FAILURES, "eject for at most", "scope"),
    settle=_as_grpc,
)  # fmt: skip


class OutlierDetection(LinkDefence):
    """Eject replicas that fail from the load balancing of this link, each time for longer, but only a share of them.

    The defaults are Envoy's (its `OutlierDetection`; Istio's `DestinationRule` has a part of it). A breaker with
    `scope: callee` ejects every replica that fails and probes before one returns; this one does neither.
    """

    layer: ClassVar[int] = 92
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "stopped without healthy replica", "tries that were not sent: every replica ejected or unhealthy",
            reason="no healthy replica", thing="try", does="be stopped because no replica is healthy",
            whose="with `outlier detection`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "outlier detections"

    presets: ClassVar[tuple[Preset, ...]] = (ENVOY, ISTIO, GRPC)

    preset: Literal["envoy", "istio", "grpc"] | None = None
    """The rules and defaults of a product."""
    consecutive_errors: Annotated[int, Field(ge=0)] = 5
    """Failures in a row of any kind after which a replica is ejected (`consecutive_5xx`, `consecutive5xxErrors`); 0:
    never. A timeout, a refusal and a rejection are failures too, unless `split local errors` is on."""
    consecutive_gateway_errors: Annotated[int, Field(ge=0)] = 5
    """Gateway errors in a row (`consecutive_gateway_failure`, `consecutiveGatewayErrors`): rejections, and without
    `split local errors` timeouts and refusals. It ejects only if `enforce gateway errors` is above 0%."""
    split_local_errors: bool = False
    """Whether errors that the caller finds itself (timeout, refusal) are counted apart from the replica's answers
    (`split_external_local_origin_errors`, `splitExternalLocalOriginErrors`). A connection that is made is then a local
    success, so timeouts of a replica that is up are hardly ever in a row."""
    consecutive_local_errors: Annotated[int, Field(ge=0)] = 5
    """With `split local errors`: local errors in a row (`consecutive_local_origin_failure`)."""
    every: PositiveDuration = 10.0
    """The time between two sweeps (`interval`): rates are judged, and replicas return whose time has passed."""
    eject_for: PositiveDuration = 30.0
    """How long the first ejection of a replica lasts (`base_ejection_time`, `baseEjectionTime`); the n-th lasts n times
    as long. One step is taken back at each sweep that finds the replica in. It returns at a sweep."""
    eject_for_at_most: PositiveDuration | None = None
    """The longest ejection (`max_ejection_time`). Default: 300s, or `eject for` if that is longer."""
    jitter: Duration = 0.0
    """Up to this much is added to each ejection, at random (`max_ejection_time_jitter`)."""
    most_ejected: Share = 0.1
    """The share of the replicas that may be ejected at once (`max_ejection_percent`, `maxEjectionPercent`): of 10, one;
    of 9, none."""
    always_one: bool = False
    """Whether one may always be ejected, even if that is a larger share (`always_eject_one_host`, since Envoy 1.31;
    before that, Envoy always did)."""
    may_exceed: bool = False
    """Whether replicas are ejected as long as the share that is ejected already is below `most ejected`, so that the
    last may exceed it, as gRPC does."""
    success_rate_factor: Annotated[float, Field(ge=0)] = 1.9
    """At a sweep, a replica is an outlier if its success rate in the last interval is below the replicas' mean less
    this many standard deviations (`success_rate_stdev_factor`, in thousandths there)."""
    success_rate_replicas: Annotated[int, Field(ge=1)] = 5
    """Replicas with enough requests below which success rates are not judged (`success_rate_minimum_hosts`)."""
    success_rate_requests: Annotated[int, Field(ge=1)] = 100
    """Requests in an interval below which a replica's success rate is not judged (`success_rate_request_volume`)."""
    failure_percentage: Share = 0.85
    """At a sweep, a replica is an outlier if at least this share of its requests failed in the last interval
    (`failure_percentage_threshold`). It ejects only if `enforce failure percentage` is above 0%."""
    failure_percentage_replicas: Annotated[int, Field(ge=1)] = 5
    """Replicas with enough requests below which it is not judged (`failure_percentage_minimum_hosts`)."""
    failure_percentage_requests: Annotated[int, Field(ge=1)] = 50
    """Requests in an interval below which a replica is not judged by it (`failure_percentage_request_volume`)."""
    enforce_errors: Share = 1.0
    """The probability that an outlier by `consecutive errors` is in fact ejected (`enforcing_consecutive_5xx`)."""
    enforce_gateway_errors: Share = 0.0
    """The same by `consecutive gateway errors` (`enforcing_consecutive_gateway_failure`)."""
    enforce_local_errors: Share = 1.0
    """The same by `consecutive local errors` (`enforcing_consecutive_local_origin_failure`)."""
    enforce_success_rate: Share = 1.0
    """The same by the success rate (`enforcing_success_rate`)."""
    enforce_failure_percentage: Share = 0.0
    """The same by the failure percentage (`enforcing_failure_percentage`)."""
    enforce_local_success_rate: Share = 1.0
    """With `split local errors`: by the rate of local successes (`enforcing_local_origin_success_rate`)."""
    enforce_local_failure_percentage: Share = 0.0
    """With `split local errors`: by the share of local errors (`enforcing_failure_percentage_local_origin`)."""
    checks_take_back: bool = True
    """Whether a good health check lets an ejected replica return at once, if the service has `health checks`
    (`successful_active_health_check_uneject_host`)."""
    panic_threshold: Share = 0.5
    """Below this share of healthy replicas (neither ejected nor failing their health checks), health is ignored
    (`healthy_panic_threshold`; Istio's `minHealthPercent`, 0% there). At 0% it never is: if all are ejected, no call
    leaves."""
    in_panic: Literal["all", "none"] = "all"
    """What is used in panic: `all` replicas, or `none`: no call leaves (`fail_traffic_on_panic`)."""
    scope: Scope = "caller"
    """Who shares what is known of the replicas: each `caller` (replica or client instance) has its own view, as each
    sidecar has, or all on the `link` share one."""

    def labels(self) -> tuple[str, ...]:
        """What ejects, for how long, how many at most, and when it panics."""
        rules = [f"{self.consecutive_errors} errors in a row"] * bool(self.consecutive_errors and self.enforce_errors)
        longer = ", longer each time" if self.longest_s > self.eject_for else ""
        most = f"ejects up to {percent(self.most_ejected)} for {seconds(self.eject_for)}{longer}"
        panic = f"panic below {percent(self.panic_threshold)} healthy" if self.panic_threshold else "no panic"
        whose = {"link": "", "caller": ", per caller"}[self.scope]
        return (f"outliers: {' or '.join(rules) or 'by rates'}", f"{most}{whose}", panic)

    @property
    def longest_s(self) -> float:
        """The longest that an ejection may last, in seconds."""
        given = self.eject_for_at_most
        return max(LONGEST_S, float(self.eject_for)) if given is None else float(given)

    @property
    def limits(self) -> EjectionLimits:
        """How long a replica is ejected, and how many may be at once."""
        return EjectionLimits(
            float(self.every), float(self.eject_for), self.longest_s, float(self.jitter), float(self.most_ejected),
            self.always_one, self.may_exceed,
        )  # fmt: skip

    def most_of(self, replicas: int) -> int:
        """Return how many of *replicas* may be ejected at once."""
        limits = self.limits
        return next((many for many in range(replicas) if not limits.allows(many, replicas)), replicas)

    def policy(self, **callbacks: Any) -> OutlierDetector:
        """Return the policy that decides."""
        return OutlierDetector(
            limits=self.limits,
            in_a_row={
                outliers.ERRORS: self.consecutive_errors,
                outliers.GATEWAY_ERRORS: self.consecutive_gateway_errors,
                outliers.LOCAL_ERRORS: self.consecutive_local_errors,
            },
            split_local=self.split_local_errors,
            success_rate=RateTest(self.success_rate_factor, self.success_rate_replicas, self.success_rate_requests),
            failures=RateTest(
                float(self.failure_percentage), self.failure_percentage_replicas, self.failure_percentage_requests
            ),
            enforced={
                outliers.ERRORS: self.enforce_errors,
                outliers.GATEWAY_ERRORS: self.enforce_gateway_errors,
                outliers.LOCAL_ERRORS: self.enforce_local_errors,
                outliers.SUCCESS_RATE: self.enforce_success_rate,
                outliers.FAILURES: self.enforce_failure_percentage,
                outliers.LOCAL_SUCCESS_RATE: self.enforce_local_success_rate,
                outliers.LOCAL_FAILURES: self.enforce_local_failure_percentage,
            },
            **callbacks,
        )

    def build(self, link: LinkPart) -> None:
        """Put the detector in: it chooses the replica of each attempt."""
        link.eject_outliers(self, self.scope, "no healthy replica")
