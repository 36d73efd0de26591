"""Words of products for what the format has: `maxReceiveCount` is a queue's `max deliveries`.

A file is often written from the settings of a real system. Its words are understood in messages and by ``pileup
explain-field``, whatever their case and separators; the format itself keeps one word for each thing.

A word comes from one of two places. A field whose docstring names it in backticks (resilience4j's
`failureRateThreshold`) is its meaning. ``ROWS`` has the words that no docstring names: those that mean a field with a
remark, several fields, or nothing that Pileup has. A row with a field that a docstring names too is not written.

Not modelled: values of products (`ROUND_ROBIN`), and words of products that are keys of the format as they are.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Iterable, Iterator, NamedTuple, get_args, get_origin

from sim.fields.quantity import spaced
from sim.mechanisms.steps import STEPS
from sim.scenario.key_normalisation import fields_of, members
from sim.scenario.models import Model, Scenario
from sim.scenario.schema import all_models, explain_field, field_texts, joined, named_models


class Row(NamedTuple):
    """A product's *word*; the fields of the format that say the same (``queue.max deliveries``); a *remark* on them.

    Without fields, Pileup has nothing that the word could mean, and the remark says what is there instead.
    """

    word: str
    product: str
    ours: tuple[str, ...] = ()
    remark: str = ""


class Meaning(NamedTuple):
    """What a word means: a field of a model with its path (``queues.NAME.max deliveries``), or none; with a remark."""

    word: str
    product: str
    model: type[Model] | None
    field: str
    path: str
    remark: str

    @property
    def kind(self) -> str:
        """The name of the field as ``pileup explain-field`` takes it: ``queue.max deliveries``."""
        return f"{_kinds()[self.model]}.{self.field}" if self.model is not None else ""


SOURCES: dict[str, str] = {
    "Amazon SQS": "Amazon SQS API Reference: SetQueueAttributes",
    "AWS Lambda": "AWS Lambda API Reference: CreateEventSourceMapping, PutFunctionConcurrency",
    "Azure Service Bus": "Microsoft Learn: Azure Service Bus, message transfers, locks, and settlement",
    "BullMQ": "BullMQ API Reference: WorkerOptions, JobsOptions",
    "Celery": "Celery documentation: Configuration and defaults",
    "Envoy": "Envoy API v3: RetryPolicy, CircuitBreakers, OutlierDetection, Cluster",
    "Failsafe": "Failsafe documentation: Circuit Breaker, Retry, Bulkhead",
    "gRPC": "gRPC proposals A6: gRPC Retry Design; grpc/grpc, pull request 26540",
    "gobreaker": "sony/gobreaker, README: type Settings",
    "Google Pub/Sub": "Google Cloud Pub/Sub, REST reference: projects.subscriptions",
    "HikariCP": "brettwooldridge/HikariCP, README: Configuration",
    "Hystrix": "Netflix/Hystrix wiki: Configuration",
    "Istio": "Istio reference: Destination Rule, Virtual Service",
    "k6": "Grafana k6 documentation: Options, Executors",
    "Knative": "Knative documentation: Configure concurrency",
    "Kafka": "Apache Kafka documentation: Consumer Configs, Producer Configs",
    "Kubernetes": "Kubernetes reference: Probe, HorizontalPodAutoscaler, PodSpec",
    "Locust": "Locust documentation: Writing a locustfile",
    "NGINX": "NGINX documentation: ngx_http_limit_req_module, ngx_http_proxy_module",
    "opossum": "nodeshift/opossum, README: options",
    "PgBouncer": "PgBouncer documentation: config",
    "Polly": "Polly documentation: strategies",
    "pybreaker": "danielfm/pybreaker, README",
    "RabbitMQ": "RabbitMQ documentation: Consumer Prefetch, Quorum Queues, Queue Length Limit, Time-To-Live",
    "resilience4j": "resilience4j documentation: CircuitBreaker, Retry, Bulkhead, RateLimiter, TimeLimiter",
    "Tomcat": "Apache Tomcat 9 Configuration Reference: The HTTP Connector",
}
"""Where the words of each product are documented: title and page."""

_RETRIES = "It counts retries: ours is one more, because it counts the first attempt too."
_POOL = "A pool is a service whose workers are its connections."
_PREFETCH = (
    "A consumer here takes a message when a worker is free: it holds as many as it has workers, none in advance."
)

ROWS: tuple[Row, ...] = (
    # queues and their consumers
    Row("VisibilityTimeout", "Amazon SQS", ("queue.visibility timeout",)),
    Row("deadLetterTargetArn", "Amazon SQS", ("queue.dead letters",)),
    Row("MessageRetentionPeriod", "Amazon SQS", (), "Messages do not expire here."),
    Row("DelaySeconds", "Amazon SQS", (), "Only messages that return are delayed here, by the queue's `redelivery`."),
    Row("MaximumConcurrency", "AWS Lambda", ("service.replicas", "service.workers"), "It is their product here."),
    Row("ReservedConcurrentExecutions", "AWS Lambda", ("service.replicas", "service.workers"),
        "It is their product here, with `waiting: 0`."),
    Row("maxDeliveryCount", "Azure Service Bus", ("queue.max deliveries",)),
    Row("lockDuration", "Azure Service Bus", ("queue.visibility timeout",)),
    Row("lockDuration", "BullMQ", ("queue.visibility timeout",), "A worker that renews its lock has no equal here."),
    Row("ackDeadlineSeconds", "Google Pub/Sub", ("queue.visibility timeout",)),
    Row("maxDeliveryAttempts", "Google Pub/Sub", ("queue.max deliveries",)),
    Row("minimumBackoff", "Google Pub/Sub", ("queue.redelivery",)),
    Row("maximumBackoff", "Google Pub/Sub", ("queue.redelivery",), "It is the `cap` there."),
    Row("prefetch_count", "RabbitMQ", ("service.workers",), _PREFETCH),
    Row("worker_prefetch_multiplier", "Celery", ("service.workers",), _PREFETCH),
    Row("worker_concurrency", "Celery", ("service.workers",)),
    Row("visibility_timeout", "Celery", ("queue.visibility timeout",)),
    Row("x-delivery-limit", "RabbitMQ", ("queue.max deliveries",),
        "It counts redeliveries: ours is one more, because it counts the first delivery too."),
    Row("delivery-limit", "RabbitMQ", ("queue.max deliveries",),
        "It counts redeliveries: ours is one more, because it counts the first delivery too."),
    Row("x-dead-letter-exchange", "RabbitMQ", ("queue.dead letters",)),
    Row("x-max-length", "RabbitMQ", ("queue.max length",)),
    Row("x-overflow", "RabbitMQ", ("queue.when full",),
        "A full queue keeps what it has; RabbitMQ's default, `drop-head`, drops the oldest message."),
    Row("x-message-ttl", "RabbitMQ", (), "Messages do not expire here."),
    Row("x-max-priority", "RabbitMQ", (), "Queues are served in order here; a service's `line` knows priorities."),
    Row("max.poll.records", "Kafka", (), "There is no event log here, only queues."),
    Row("session.timeout.ms", "Kafka", (), "There are no consumer groups with partitions here, only queues."),
    Row("acks", "Kafka", (), "Queues are not replicated here: a send is acknowledged by the queue itself."),
    # retries, timeouts, hedges
    Row("initialBackoff", "gRPC", ("retry.backoff",)),
    Row("maxBackoff", "gRPC", ("retry.backoff",), "It is the `cap` there."),
    Row("backoffMultiplier", "gRPC", ("retry.backoff",), "It is the `factor` there."),
    Row("retryableStatusCodes", "gRPC", ("retry.on",)),
    Row("hedgingDelay", "gRPC", ("hedge.after",)),
    Row("perAttemptRecvTimeout", "gRPC", ("link.timeout",), "Not in the proposal; only gRPC's C core obeys it."),
    Row("num_retries", "Envoy", ("retry.max attempts",), _RETRIES),
    Row("per_try_timeout", "Envoy", ("link.timeout",)),
    Row("retry_on", "Envoy", ("retry.on",)),
    Row("base_interval", "Envoy", ("retry.backoff",)),
    Row("max_interval", "Envoy", ("retry.backoff",), "It is the `cap` there."),
    Row("hedge_on_per_try_timeout", "Envoy", ("hedge.after",),
        "Envoy sends a hedge when an attempt times out; here it is sent after a time of its own."),
    Row("attempts", "Istio", ("retry.max attempts",), _RETRIES),
    Row("perTryTimeout", "Istio", ("link.timeout",)),
    Row("retryOn", "Istio", ("retry.on",)),
    Row("waitDuration", "resilience4j", ("retry.backoff",)),
    Row("intervalFunction", "resilience4j", ("retry.backoff", "retry.jitter")),
    Row("retryExceptions", "resilience4j", ("retry.on",)),
    Row("timeoutDuration", "resilience4j", ("link.timeout", "call limit.max wait"),
        "The first is that of a TimeLimiter, the second that of a RateLimiter."),
    Row("BackoffType", "Polly", ("retry.backoff",)),
    Row("UseJitter", "Polly", ("retry.jitter",)),
    Row("MaxDelay", "Polly", ("retry.backoff",), "It is the `cap` there."),
    Row("Delay", "Polly", ("retry.backoff",)),
    Row("withMaxRetries", "Failsafe", ("retry.max attempts",), _RETRIES),
    Row("proxy_read_timeout", "NGINX", ("link.timeout",)),
    Row("proxy_next_upstream_tries", "NGINX", ("retry.max attempts",)),
    # breakers
    Row("waitDurationInOpenState", "resilience4j", ("breaker.open for",)),
    Row("slidingWindowSize", "resilience4j", ("breaker.calls",), "Its type decides whether it is this or `window`."),
    Row("slidingWindowType", "resilience4j", ("breaker.calls", "breaker.window"), "The one that is given is the type."),
    Row("permittedNumberOfCallsInHalfOpenState", "resilience4j", ("breaker.probes",)),
    Row("slowCallDurationThreshold", "resilience4j", ("breaker.slow call",)),
    Row("BreakDuration", "Polly", ("breaker.open for",)),
    Row("sleepWindowInMilliseconds", "Hystrix", ("breaker.open for",)),
    Row("errorThresholdPercentage", "Hystrix", ("breaker.failure rate",)),
    Row("requestVolumeThreshold", "Hystrix", ("breaker.minimum calls",)),
    Row("resetTimeout", "opossum", ("breaker.open for",)),
    Row("fail_max", "pybreaker", ("breaker.failures",)),
    Row("reset_timeout", "pybreaker", ("breaker.open for",)),
    Row("MaxRequests", "gobreaker", ("breaker.probes",)),
    Row("Timeout", "gobreaker", ("breaker.open for",)),
    # bulkheads, pools, limits
    Row("maxConcurrentRequests", "Hystrix", ("bulkhead.max concurrent calls",)),
    Row("coreSize", "Hystrix", ("bulkhead.max concurrent calls",)),
    Row("maxQueueSize", "Hystrix", ("bulkhead.max waiting",)),
    Row("max_requests", "Envoy", ("bulkhead.max concurrent calls",)),
    Row("max_connections", "Envoy", ("bulkhead.max concurrent calls",),
        "Calls have no connections here: with HTTP/1.1 each call in flight holds one."),
    Row("max_pending_requests", "Envoy", ("bulkhead.max waiting",)),
    Row("http2MaxRequests", "Istio", ("bulkhead.max concurrent calls",)),
    Row("http1MaxPendingRequests", "Istio", ("bulkhead.max waiting",)),
    Row("maximumPoolSize", "HikariCP", ("service.workers",), _POOL),
    Row("connectionTimeout", "HikariCP", ("service.max wait",), _POOL),
    Row("minimumIdle", "HikariCP", (), "Connections cost nothing to open here, so that none is kept idle."),
    Row("maxLifetime", "HikariCP", (), "Connections do not age here."),
    Row("leakDetectionThreshold", "HikariCP", (), "The fault `leak` takes workers away; nothing here detects it."),
    Row("default_pool_size", "PgBouncer", ("service.workers",), _POOL),
    Row("query_wait_timeout", "PgBouncer", ("service.max wait",), _POOL),
    Row("maxThreads", "Tomcat", ("service.workers",)),
    Row("acceptCount", "Tomcat", ("service.waiting",)),
    Row("limitForPeriod", "resilience4j", ("call limit.rate", "call limit.burst"),
        "Tokens come one by one here: the rate is its limit over the period."),
    Row("limitRefreshPeriod", "resilience4j", ("call limit.rate",),
        "Tokens come one by one here: the rate is the limit over this period."),
    Row("limit_req", "NGINX", ("rate limit.rate", "rate limit.burst")),
    # replicas, checks, autoscalers
    Row("containerConcurrency", "Knative", ("service.workers",)),
    Row("initialDelaySeconds", "Kubernetes", (), "Checks begin with the run, after their first interval."),
    Row("livenessProbe", "Kubernetes", (),
        "Health checks take a replica out of rotation as readiness probes do; none restarts it."),
    Row("stabilizationWindowSeconds", "Kubernetes", ("autoscale.down after",)),
    Row("lb_policy", "Envoy", ("service.balance",)),
    # workloads
    Row("vus", "k6", ("workload.users",)),
    Row("wait_time", "Locust", ("workload.think",)),
)  # fmt: skip
"""Words that no docstring of a field names."""

_IN_BACKTICKS = re.compile(r"(?:\b([A-Za-z][A-Za-z0-9/]*(?: [A-Z][A-Za-z]*)*)(?:'s|(?<=s)') )?`([A-Za-z][\w.-]*)`")
_FOREIGN = re.compile(r"[A-Z_]")
_UNITS = re.compile(r"(?:in)?(?:sec|secs|seconds|ms|millis|milliseconds)$")


def meanings(word: str) -> list[Meaning]:
    """Return what a product's *word* can mean: with its parts before the last dot, or without them."""
    known = _table()
    for form in (joined(word), joined(word.rpartition(".")[2]), _UNITS.sub("", joined(word.rpartition(".")[2]))):
        if form in known:
            return known[form]
    return []


def hint(word: str, here: list[type[Model]]) -> str:
    """Return what *word* is called in a map of one of the models *here*, or where a product's word is, or nothing."""
    found = meanings(word)
    near = [one for one in found if one.model in here]
    if near:
        names = " or ".join(dict.fromkeys(f"`{one.field}`" for one in near))
        return _with_remark(f"it is called {names} here", near)
    own = _own_key(word, [key for model in here for key in fields_of(model)])
    if own:
        return f"it is called `{own}` here"
    fields = list(dict.fromkeys(one.path for one in found if one.path))
    if fields:
        return _with_remark(f"{_owners(found)} `{found[0].word}` is {' or '.join(fields)}", found)
    if found:
        return _with_remark(f"the format has nothing like {_owners(found)} `{found[0].word}`", found)
    return ""


def _own_key(word: str, keys: list[str]) -> str:
    """Return the key among *keys* that *word* spells in another way (`maxWaitSeconds`), or nothing."""
    forms = (joined(word), _UNITS.sub("", joined(word)))
    return next((key for form in forms for key in keys if joined(key) == form), "")


def explain_word(word: str) -> list[str]:
    """Return an explanation of a product's *word*: what it is called here, and the explanation of that field."""
    found = meanings(word)
    if not found:
        return []
    answers = []
    for one in found:
        ours = f"word for {one.path}" if one.path else "word; the format has nothing like it"
        answers.append(_with_remark(f"{one.word}: {_owners([one])} {ours}", [one]))
    return answers + [explain_field(kind) for kind in dict.fromkeys(one.kind for one in found if one.kind)]


def _owners(found: list[Meaning]) -> str:
    """Return whose word it is, in the possessive."""
    names = list(dict.fromkeys(one.product for one in found if one.product))
    return " or ".join(f"{name}'" if name.endswith("s") else f"{name}'s" for name in names) or "a product's"


def _with_remark(text: str, found: list[Meaning]) -> str:
    return ". ".join([text, *dict.fromkeys(one.remark.rstrip(".") for one in found if one.remark)])


# --- the table ---


@cache
def _table() -> dict[str, list[Meaning]]:
    """Return all meanings by the word without case and separators; those of docstrings first."""
    found: dict[str, list[Meaning]] = {}
    for one in (*_of_docstrings(), *_of_rows()):
        known = found.setdefault(joined(one.word), [])
        if not any((one.model, one.field) == (other.model, other.field) for other in known):
            known.append(one)
    return found


def words_of(text: str) -> Iterator[tuple[str, str]]:
    """Iterate over the words of products in a docstring, with the product where it is named.

    >>> list(words_of("Attempts in all (resilience4j's `maxAttempts`), `full` or `pool_size`."))
    [('maxAttempts', 'resilience4j'), ('pool_size', '')]
    """
    for product, word in _IN_BACKTICKS.findall(" ".join(text.split())):
        known = product if product in SOURCES else ""
        if known or _FOREIGN.search(word):
            yield word, known


def _of_docstrings() -> Iterator[Meaning]:
    for name, texts in field_texts().items():
        model = all_models()[name]
        for field, text in texts.items():
            for word, product in words_of(text):
                yield _meaning(word, product, model, spaced(field), "")


def _of_rows() -> Iterator[Meaning]:
    models = {kind: model for model, kind in _kinds().items()}
    for row in ROWS:
        for ours in row.ours:
            kind, _, field = ours.partition(".")
            yield _meaning(row.word, row.product, models[kind], field, row.remark)
        if not row.ours:
            yield Meaning(row.word, row.product, None, "", "", row.remark)


def _meaning(word: str, product: str, model: type[Model], field: str, remark: str) -> Meaning:
    return Meaning(word, product, model, field, f"{_paths().get(model, _kinds().get(model, ''))}.{field}", remark)


@cache
def _kinds() -> dict[type[Model], str]:
    """Return the name of each model in the reference."""
    return {model: kind for kind, model in named_models()}


@cache
def _paths() -> dict[type[Model], str]:
    """Return the shortest path to each model from the top of a file, with NAME for the names in it."""
    found: dict[type[Model], str] = {Scenario: ""}
    waiting: list[type[Model]] = [Scenario]
    while waiting:
        owner = waiting.pop(0)
        for key, kinds in fields_of(owner).items():
            for kind, below in _below(kinds, f"{found[owner]}.{key}".lstrip(".")):
                if kind not in found:
                    found[kind] = below
                    waiting.append(kind)
    return found


def _below(kinds: Iterable[Any], path: str) -> Iterator[tuple[type[Model], str]]:
    """Iterate over the models that a value of one of these *kinds* can be or hold, steps left out."""
    for kind in kinds:
        if get_origin(kind) in (list, dict):
            inside = members(get_args(kind)[-1])
            yield from _below(inside, f"{path}.NAME" if get_origin(kind) is dict else path)
        elif isinstance(kind, type) and issubclass(kind, Model) and kind not in STEPS.values():
            yield kind, path
