"""The words of the field and of the record, each with one plain sentence and its source.

`docs/glossary.md` (``python -m sim.glossary``), the lab's tooltips and ``pileup explain-field`` are made from `TERMS`.
A word that is Pileup's own, or that Pileup counts in one particular way, names no other source: the sentence is then
the definition, and ``docs/format.md`` has the measure.

Not modelled: translations, and words that only the engine's code uses.
"""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """Where a word is explained: author and title, and the address."""

    title: str
    address: str


class Term(NamedTuple):
    """What a word means, in one sentence, and the key of its source in `SOURCES`; empty where it is Pileup's own."""

    meaning: str
    source: str = ""


SOURCES: dict[str, Source] = {
    "backoff": Source(
        "Y. Cui: Amazon Builders' Library in focus #1: Timeouts, retries and backoff with jitter (after M. Brooker)",
        "https://lumigo.io/blog/amazon-builders-library-in-focus-1-timeouts-retries-and-backoff-with-jitter/",
    ),
    "back-pressure": Source(
        "J. A. Medina Iglesias: Hands-On Microservices with Kotlin, section Back pressure",
        "https://www.oreilly.com/library/view/hands-on-microservices-with/9781788471459/"
        "efe5ccfd-6742-4e06-b793-bf3dd51e5b00.xhtml",
    ),
    "blast radius": Source(
        "AWS Solutions Library: Guidance for Cell-Based Architecture",
        "https://github.com/aws-solutions-library-samples/guidance-for-cell-based-architecture-on-aws",
    ),
    "breaker": Source(
        "Software AG: webMethods Microservices Container, circuit breaker states",
        "https://documentation.softwareag.com/webmethods/microservices_container/msc10-11/"
        "10-11_MSC_PIE_webhelp/pie-webhelp/to-circuit_breaker_3.html",
    ),
    "bulkhead": Source(
        "Microsoft: Azure Architecture Center, Bulkhead pattern",
        "https://learn.microsoft.com/azure/architecture/patterns/bulkhead",
    ),
    "canary": Source(
        "Manning liveBook: Canary deployment", "https://livebook.manning.com/learn/concepts/canary-deployment--pattern"
    ),
    "codel": Source(
        "K. Nichols, V. Jacobson, A. McGregor, J. Iyengar: Controlled Delay Active Queue Management, RFC 8289",
        "https://www.rfc-editor.org/info/rfc8289",
    ),
    "dead letters": Source(
        "Amazon SQS Developer Guide: Using dead-letter queues",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues",
    ),
    "deadlines": Source("gRPC: Deadlines", "https://grpc.io/docs/guides/deadlines"),
    "gray failure": Source(
        "R. Huang, C. Guo, L. Zhou, J. Lorch, Y. Dang, M. Chintalapati, R. Yao: Gray Failure: The Achilles' Heel of "
        "Cloud-Scale Systems, HotOS 2017",
        "https://www.microsoft.com/en-us/research/publication/gray-failure-achilles-heel-cloud-scale-systems/",
    ),
    "hedging": Source("gRPC: Request Hedging", "https://grpc.io/docs/guides/request-hedging"),
    "in flight": Source(
        "AWS CLI: sqs change-message-visibility, states of a message",
        "https://awscli.amazonaws.com/v2/documentation/api/2.0.33/reference/sqs/change-message-visibility.html",
    ),
    "outlier detection": Source(
        "Envoy documentation: Outlier detection",
        "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier",
    ),
    "panic threshold": Source(
        "Envoy documentation: Panic threshold",
        "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold",
    ),
    "load shedding": Source(
        "Manning liveBook: Load shedding, as explained in Fast by Default",
        "https://livebook.manning.com/learn/concepts/load-shedding--technique/fast-by-default",
    ),
    "metastable failure": Source(
        "Metastable Failures in the Wild, USENIX ;login: online, 2022, after N. Bronson, A. Aghayev, A. Charapko, "
        "T. Zhu: Metastable Failures in Distributed Systems, HotOS 2021",
        "https://www.usenix.org/publications/loginonline/metastable-failures-wild",
    ),
    "patterns": Source(
        "Apache Camel: Enterprise Integration Patterns (after G. Hohpe, B. Woolf)", "https://camel.apache.org/eip.html"
    ),
    "probes": Source(
        "Creating Kubernetes liveness and readiness probes, opensource.com",
        "https://opensource.com/article/18/3/kubernetes-liveness-readiness-probes",
    ),
    "propagation": Source(
        "userver: Deadline propagation",
        "https://userver.tech/d6/d64/md_en_2userver_2deadline__propagation.html",
    ),
    "resilience4j": Source(
        "Apache Camel: Resilience4j Configuration",
        "https://camel.apache.org/components/eips/resilience4jConfiguration-eip.html",
    ),
    "retry budget": Source("Linkerd: Configuring Retries", "https://linkerd.io/2.15/tasks/configuring-retries"),
    "retry storm": Source(
        "Microsoft: Azure Architecture Center, Retry Storm antipattern",
        "https://learn.microsoft.com/en-us/azure/architecture/antipatterns/retry-storm/",
    ),
    "scaling": Source(
        "Kubernetes: HorizontalPodAutoscaler", "https://kubernetes.io/docs/reference/kubernetes-api/autoscaling/"
    ),
    "single flight": Source(
        "Go: package singleflight",
        "https://go.googlesource.com/build/+/ae07b9fea56657f48bae3babcb67ff0e4483c20e/internal/singleflight/",
    ),
    "throttling": Source(
        "Microsoft: Azure Architecture Center, Throttling pattern",
        "https://learn.microsoft.com/azure/architecture/patterns/throttling",
    ),
    "traces": Source("OpenTelemetry for Rust: Distributed tracing", "https://docs.rs/opentelemetry/^0.4.0"),
    "visibility timeout": Source(
        "AWS SDK for Kotlin: ReceiveMessageRequest.visibilityTimeout",
        "https://docs.aws.amazon.com/sdk-for-kotlin/api/latest/sqs/aws.sdk.kotlin.services.sqs.model/"
        "-receive-message-request/visibility-timeout.html",
    ),
}
"""What was read for the sentences below."""

TERMS: dict[str, Term] = {
    "ablation": Term("Playing every combination of switches, to find which of them had the effect."),
    "admission control": Term("Rules of a service that reject a call before it takes a worker.", "throttling"),
    "amplification": Term(
        "How many attempts were made for each attempt that would be made if no call had to be retried.",
        "metastable failure",
    ),
    "answered": Term("The caller had an answer within its deadline; the work may still be undone."),
    "attempt": Term("One try of one call; a retry is another attempt of the same call."),
    "autoscaler": Term(
        "Starts replicas when workers are too busy, and stops some when they are idle; a new one has to boot.",
        "scaling",
    ),
    "backlog": Term("The messages that wait in a queue; those being delivered are not counted.", "in flight"),
    "backoff": Term(
        "The pause before a retry, usually doubled each time; the caller's worker waits with it.", "backoff"
    ),
    "back-pressure": Term(
        "A full queue makes its sender wait for a place, so that the excess is felt where it comes from.",
        "back-pressure",
    ),
    "balancer": Term("Chooses a replica for each call, usually in turn; without health checks also a dead one."),
    "blast radius": Term(
        "Every part of the system in which a fault was felt, in the order in which it was felt.", "blast radius"
    ),
    "bulkhead": Term(
        "A limit on the calls to one service that are in flight, so that they cannot take all workers.", "bulkhead"
    ),
    "call": Term("One question of a caller to an operation, with all its attempts."),
    "canary": Term(
        "A new version on a few replicas first, so that it can harm no more than their share of the requests.", "canary"
    ),
    "cascade": Term(
        "A fault in one service makes the services fail that call it, because their workers wait for it.", "bulkhead"
    ),
    "circuit breaker": Term(
        "Stops calls to a service that fails, answers at once instead, and tries again after a while.", "breaker"
    ),
    "claim": Term("A sentence about a measure in a scenario file, which `pileup check` holds against many runs."),
    "coalescing": Term("Another name of single flight: callers wait for an answer that is being fetched already."),
    "codel": Term(
        "Controlled delay: drops what has waited, when the wait has stayed above a target for an interval.", "codel"
    ),
    "deadline": Term(
        "How long a client waits from when it first asked; then it leaves, and its request has failed.", "deadlines"
    ),
    "deadline propagation": Term(
        "Each call carries the time that remains to its caller, so that no service works when it is too late.",
        "propagation",
    ),
    "dead-letter queue": Term(
        "Receives the messages that failed too often, so that they are neither lost nor in the way.", "dead letters"
    ),
    "dead letter": Term("A message that was given up after too many deliveries, and kept.", "patterns"),
    "delivery": Term(
        "One time that a queue hands a message to a consumer; a message may be delivered again.", "in flight"
    ),
    "done": Term("Every expected effect has happened, exactly once, and in time."),
    "drain": Term("The time after the last arrival in which a run completes what is in flight."),
    "duplicated": Term("Applied more often than expected, such as a card charged twice."),
    "effect": Term("Something that the business sees, such as a card that is charged."),
    "fallback": Term("A stored or plain answer that is given when a call failed; the answer is then degraded."),
    "fault": Term("What is injected into the system, in a window of time; a failure is what callers see of it."),
    "ghost": Term("Applied although its caller had been answered that it failed."),
    "goodput": Term("Requests that were both answered in time and done.", "metastable failure"),
    "gray failure": Term("A part is sick for its callers, and well for the check of its health.", "gray failure"),
    "half-open": Term(
        "The state of a circuit breaker in which a few calls may pass, to find whether the service is well again.",
        "resilience4j",
    ),
    "health check": Term(
        "A question to each replica, repeated; a replica that does not answer well gets no calls meanwhile.", "probes"
    ),
    "hedge": Term("A second attempt while the first is still on its way; the first answer is used.", "hedging"),
    "in flight": Term("Sent and not yet answered; of a message, delivered and not yet acknowledged.", "in flight"),
    "interval": Term("Where the mean lies with 95 % confidence, from the replications' spread (Student's t)."),
    "jitter": Term("Chance in a wait, so that callers that failed together do not come back together.", "backoff"),
    "line": Term("Calls that wait for a worker of a service; when it is full, the next is rejected at once."),
    "load": Term("How many requests arrive a second, as a multiple of the scenario's own."),
    "load shedding": Term(
        "Rejecting calls on purpose, so that those that are admitted are served in time.", "load shedding"
    ),
    "message": Term("What a sender puts into a queue; a consumer gets it later.", "patterns"),
    "metastable failure": Term(
        "A collapse that stays when its trigger is gone, because the system keeps itself down.", "metastable failure"
    ),
    "missing": Term("Expected and not applied."),
    "operation": Term("What a service can be asked for: a list of steps, such as work, call and send."),
    "paired difference": Term(
        "Each replication of one side minus the same replication of the other, on the same arrivals and faults; "
        "what is left is the effect of the difference in design."
    ),
    "percentile": Term("p95 is the value that 95 of 100 requests stay below; it needs enough requests."),
    "outlier detection": Term(
        "A caller takes a replica that fails its calls out of its load balancing for a while (ejects it).",
        "outlier detection",
    ),
    "panic threshold": Term(
        "The share of healthy replicas below which a balancer ignores health and uses all of them.", "panic threshold"
    ),
    "poison message": Term("A message that fails, or kills its consumer, at every delivery.", "dead letters"),
    "probe": Term(
        "A call that a half-open circuit breaker lets through, to find whether the service is well again.",
        "resilience4j",
    ),
    "queue": Term(
        "Keeps messages until a consumer takes them: the sender is answered before the work is done.", "patterns"
    ),
    "rate limit": Term(
        "A limit on calls a second, whatever they cost; the others are rejected, or wait.", "throttling"
    ),
    "replica": Term("One of several copies of a service, with its own workers and its own line."),
    "replication": Term("One independent repetition of a run, with its own chance; n of them give an interval."),
    "request": Term("What a client wants once: it ends with an answer, or at the client's deadline."),
    "retry": Term("Another attempt after a failure, after a pause (backoff) that usually doubles.", "backoff"),
    "retry budget": Term(
        "A limit on retries as a share of first attempts, so that they cannot multiply the load.", "retry budget"
    ),
    "retry storm": Term(
        "Retries add to the load of a service that is busy or down, and keep it from recovering.", "retry storm"
    ),
    "scenario": Term("One file that describes a system of services, what breaks in it, and when."),
    "seed": Term(
        "The number that all chance is drawn from: the same seed has the same arrivals, and gives the same run."
    ),
    "service": Term("A part that answers calls with its workers; it has one or more replicas."),
    "single flight": Term(
        "Callers that ask for an answer that is being fetched already wait for it, and do not fetch it again.",
        "single flight",
    ),
    "switch": Term("A defence or a mistake that can be on or off; everything else stays the same."),
    "thundering herd": Term("Many callers ask for one thing at the same instant, such as when a cache entry expires."),
    "timeout": Term(
        "How long a caller waits for one attempt of a call, the network and the line included.", "deadlines"
    ),
    "token bucket": Term(
        "A rate limit with room for a burst: tokens refill steadily, and each call takes one.", "throttling"
    ),
    "trace": Term("Everything that one request did, across all services, on one line of time.", "traces"),
    "undecided": Term("Expected, and the attempt that may apply it still waits or works when the run ends."),
    "utilisation": Term("The share of a service's worker time that is held, by work or by waiting for others."),
    "variant": Term("The same system built another way, for example behind a queue instead of by a direct call."),
    "visibility timeout": Term(
        "How long a delivered message stays hidden; without an acknowledgement it is then delivered again.",
        "visibility timeout",
    ),
    "visit": Term("The stay of one attempt at a service: in the line, and then with a worker."),
    "wasted work": Term("Work done for a caller that had already left."),
    "worker": Term(
        "What a service works with (a thread): held from the start of a visit to its end, also while it calls."
    ),
    "workload": Term("The clients of one kind: what they ask for, how often, and how long they wait."),
}
"""Every word that the pages and the documents use as a term."""


def explained(name: str) -> str:
    """Return the sentence of a term, and its source where it has one.

    >>> print(explained("retry budget"))
    retry budget: a word of the glossary
      A limit on retries as a share of first attempts, so that they cannot multiply the load.
      Source: Linkerd: Configuring Retries, https://linkerd.io/2.15/tasks/configuring-retries
    """
    term = TERMS[name]
    lines = [f"{name}: a word of the glossary", f"  {term.meaning}"]
    if term.source:
        lines.append(f"  Source: {', '.join(SOURCES[term.source])}")
    return "\n".join(lines)


def page() -> str:
    """Return the glossary as a page of Markdown."""
    lines = [
        "# Glossary",
        "",
        "Made from `sim/glossary.py` by `make schema`. A word without a source is Pileup's own, or is counted as "
        "[the format](format.md) says.",
        "",
    ]
    for name, term in sorted(TERMS.items()):
        source = SOURCES.get(term.source)
        cited = "" if source is None else f" ([{source.title}]({source.address}))"
        lines.append(f"- **{name}**: {term.meaning}{cited}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
