"""Who of those that wait in the queue of a replica is next."""

from __future__ import annotations

from sim.errors import not_played
from sim.mechanisms.services.base import ServiceSwitch
from sim.mechanisms.services.parts import ReplicaPart
from sim.policies.shedding import AdaptiveLifo
from sim.quantities import LineOrder


def _order(replica: ReplicaPart, order: LineOrder) -> None:
    match order.kind:
        case "fifo" | "processor sharing":
            pass
        case "lifo":
            replica.take_newest_first(lambda now, waiting, empty_at: True)
        case "fair":
            replica.take_by_shares(order.by, order.weights)
        case "priority" | "preemptive priority":
            replica.take_important_first()
        case "adaptive lifo":
            replica.take_newest_first(AdaptiveLifo(order.above, order.after_s).newest_first)
        case _:
            raise not_played("line of a service", order.kind)


def _words(order: LineOrder) -> str:
    match order.kind:
        case "processor sharing":
            return "processor sharing"
        case "fair":
            return f"fair line by {order.by}"
        case "preemptive priority":
            return order.text
        case _:
            return f"{order.kind} line"


LINE = ServiceSwitch(_words, 30, _order)
