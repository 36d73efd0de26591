"""Defaults in a document: what `defaults` says for all of a kind is merged below each one, before rules and models.

A default is a merge patch (RFC 7386) below what is given: a value that is given wins, maps merge, and null removes the
default. Defaults of links are for every link that a call or a send uses, whether the file declares it or not; a link
from a queue to its consumer takes only their network, because a queue has policies of its own. The merged document has
no `defaults` any more. Its parts keep their places, so that a message about a default points to its line.

Not modelled: defaults for some of a kind.
"""

from __future__ import annotations

from sim.fields.quantity import spaced
from sim.mechanisms.nodes import NODE_KEYS
from sim.scenario.merge_patch import merge
from sim.scenario.models.links import WIRE
from sim.scenario.overrides import with_nulls
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import Node

DEFAULTS = "defaults"
_OF_A_DELIVERY = tuple(spaced(field) for field in WIRE)


def with_defaults(root: Node) -> Node:
    """Return the document *root* with its defaults merged below each part, or as it is if they are none or wrong."""
    defaults = root.get(DEFAULTS)
    if defaults is None or not _is_sound(defaults):
        return root
    found = {key: child for key, child in root.value.items() if key != DEFAULTS}
    for kind in NODE_KEYS:
        default = defaults.get(kind)
        if default is not None and isinstance(default.value, dict) and kind in found:
            parts = {name: _merged(default, own) for name, own in root.children(kind).items()}
            found[kind] = _like(found[kind], parts)
    default = defaults.get("links")
    if default is not None and isinstance(default.value, dict):
        declared = root.get("links") or Node({}, default.at, default.key_at, ("links",))
        if isinstance(declared.value, dict):
            found["links"] = _like(declared, _links(root, default, declared))
    return _like(root, found)


def _is_sound(defaults: Node) -> bool:
    """Whether these are maps of known kinds; anything else is left for the models to refuse."""
    kinds = (*NODE_KEYS, "links")
    return isinstance(defaults.value, dict) and all(
        kind in kinds and isinstance(node.value, dict) for kind, node in defaults.value.items()
    )


def _links(root: Node, default: Node, declared: Node) -> dict[str, Node]:
    network = _like(default, {key: child for key, child in default.value.items() if key in _OF_A_DELIVERY})
    found = dict(declared.value)
    for name in recipes.links_used(root):
        below = network if name.partition(" -> ")[0] in root.children("queues") else default
        own = found.get(name, Node({}, default.at, default.key_at, ("links", name)))
        if below.value:
            found[name] = _merged(below, own)
    return found


def _merged(default: Node, own: Node) -> Node:
    """Return *own* over *default*; what a patch has removed from *own* is removed from the default too."""
    if not isinstance(own.value, dict):
        return own
    merged = merge(default, with_nulls(own))
    return Node(merged.value, own.at, own.key_at, own.loc, own.removed)


def _like(node: Node, value: dict[str, Node]) -> Node:
    return Node(value, node.at, node.key_at, node.loc, node.removed)
