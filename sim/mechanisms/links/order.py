"""The order of a caller's policies: the usual one, or one that a link states, and the stages that play it.

The usual order is that of the rows of ``POLICIES``, outermost first: what it lets pass goes through all that follows.
Libraries put policies around each other as a caller writes them: resilience4j's annotations have retry outermost and
bulkhead innermost (documentation, "Getting started with resilience4j-spring-boot2", Aspect order), .NET's standard
pipeline of Polly has a bulkhead, a timeout over all attempts, a retry, a breaker and a timeout of each attempt, in this
order (Microsoft Learn, HttpStandardResilienceOptions).

A stated order is cut into stages, each in the usual order: a new stage begins with each policy that would usually stand
further out than the one before it. The engine plays each stage as a pipeline around the next (``sim.engine.calls.
stages``), so that each permitted order is made of the same parts.

Not modelled: a policy twice, such as two timeouts of a call.
"""

from __future__ import annotations

from typing import Any, Iterator, Literal, Sequence, get_args

Policy = Literal["cache", "fallback", "hedge", "retry", "breaker", "throttle", "limit", "bulkhead", "timeout"]
POLICIES: tuple[str, ...] = get_args(Policy)
"""The policies of a link, outermost first, as they usually stand."""


def given(link: Any) -> tuple[str, ...]:
    """Return the policies that *link* has, in the usual order."""
    return tuple(name for name in POLICIES if getattr(link, name) is not None)


def order_of(link: Any) -> tuple[str, ...]:
    """Return the policies that *link* has, outermost first."""
    return tuple(link.order) if link.order is not None else given(link)


def stages(order: Sequence[str]) -> list[tuple[str, ...]]:
    """Return *order* in pieces that are each in the usual order, outermost first.

    >>> stages(["breaker", "retry", "bulkhead", "timeout"]), stages(["cache", "retry"])
    ([('breaker',), ('retry', 'bulkhead', 'timeout')], [('cache', 'retry')])
    """
    found: list[tuple[str, ...]] = [()]
    for name in order:
        if found[-1] and POLICIES.index(name) < POLICIES.index(found[-1][-1]):
            found.append(())
        found[-1] = (*found[-1], name)
    return found


def is_usual(link: Any) -> bool:
    """Whether the policies of *link* stand in the usual order."""
    return len(stages(order_of(link))) == 1


def is_outside(link: Any, one: str, other: str) -> bool:
    """Whether policy *one* of *link* stands further out than the *other*; false unless it has both."""
    order = order_of(link)
    return one in order and other in order and order.index(one) < order.index(other)


def words(link: Any) -> str:
    """Return the order that *link* states, in words; nothing if it is the usual one."""
    return "" if is_usual(link) else f"outermost first: {', '.join(order_of(link))}"


def contradictions(order: Sequence[str], has: Sequence[str], by_replica: bool) -> Iterator[tuple[int, str, str]]:
    """Iterate over what is wrong with a stated *order* of a link that *has* these policies: (index, rule, hint).

    *by_replica*: its breaker is one for each replica of the callee.
    """
    for i, name in enumerate(order):
        if name in order[:i]:
            yield i, "name each policy once", f"it is number {order.index(name) + 1} already"
        elif name not in has:
            yield i, "name policies that the link has", f"it has {', '.join(has) or 'none'}"
    if "cache" in order[1:]:
        yield order.index("cache", 1), "begin with the cache", "it answers before any other policy is asked"
    inside = order[order.index("breaker") + 1 :] if by_replica and "breaker" in order else ()
    for name in inside:
        if name in POLICIES[: POLICIES.index("breaker")]:
            hint = "that breaker is asked for each attempt, because another attempt goes to another replica"
            yield order.index(name), "stand outside a breaker with `scope: callee`", hint
