"""Overrides in a document: what `operations` of a link says for single operations is merged onto the link.

An override is a merge patch (RFC 7386) on its link: a value that it gives takes the place of the link's, maps merge,
and null removes a policy. Defaults are merged before, presets are filled in after. A null that a variant or a toggle
puts into an override removes the link's policy there, as if the file said so.

Envoy's routes and gRPC's method configurations do not merge: a route with a `retry_policy` takes nothing from that of
its virtual host (envoyproxy/envoy, api/envoy/config/route/v3/route_components.proto, VirtualHost.retry_policy), and a
method with an entry of its own takes nothing from that of its service (grpc/grpc, doc/service_config.md). An override
that repeats all settings says the same. Breakers and outlier detection belong to the cluster in Envoy, retry throttling
to the whole channel in gRPC: here they are shared with the link too, unless an override states its own.

Not modelled: overrides by anything but the operation, such as a header or the key of a request.
"""

from __future__ import annotations

from typing import Mapping

from sim.scenario.merge_patch import merge
from sim.scenario.yaml.nodes import Node, given

OPERATIONS = "operations"
_LINKS = "links"


def written_out(root: Node) -> Node:
    """Return the document *root* with each null that a patch has put into an override in its place again."""
    links = {
        name: _with(
            link, OPERATIONS, {one: with_nulls(override) for one, override in link.children(OPERATIONS).items()}
        )
        for name, link in root.children(_LINKS).items()
        if link.children(OPERATIONS)
    }
    return _with(root, _LINKS, {**root.children(_LINKS), **links}) if links else root


def with_overrides(root: Node) -> Node:
    """Return the document *root* with every override as the whole link that holds for its operation."""
    links = {
        name: _with(
            link, OPERATIONS, {one: _merged(link, override) for one, override in link.children(OPERATIONS).items()}
        )
        for name, link in root.children(_LINKS).items()
        if link.children(OPERATIONS)
    }
    return _with(root, _LINKS, {**root.children(_LINKS), **links}) if links else root


def own_policies(root: Node) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the fields that each override states, by link and operation; `budget` if its retry states one."""
    found = {}
    for name, link in root.children(_LINKS).items():
        for operation, override in link.children(OPERATIONS).items():
            stated = [key for key in override.value if given(override, key)] if _is_map(override) else []
            budget = ["budget"] if given(override.get("retry"), "budget") is not None else []
            found[name, operation] = frozenset(key.replace(" ", "_") for key in (*stated, *budget))
    return found


def with_nulls(node: Node) -> Node:
    """Return *node* with the nulls of the patches that have removed something from it, at any depth."""
    if not _is_map(node):
        return node
    gone = {key: removal for key, removal in node.removed.items() if key not in node.value}
    found = {**gone, **{key: with_nulls(child) for key, child in node.value.items()}}
    return Node(found, node.at, node.key_at, node.loc, node.removed)


def _is_map(node: Node) -> bool:
    return isinstance(node.value, dict)


def _merged(link: Node, override: Node) -> Node:
    if not _is_map(override) or not (override.value or override.removed):
        return override  # for the rules to refuse
    base = {key: child for key, child in link.value.items() if key != OPERATIONS}
    merged = merge(Node(base, loc=override.loc), with_nulls(override))
    return Node(merged.value, override.at, override.key_at, override.loc, merged.removed)


def _with(node: Node, key: str, children: dict[str, Node]) -> Node:
    old = node.value[key]
    changed = Node(children, old.at, old.key_at, old.loc, old.removed)
    return Node({**node.value, key: changed}, node.at, node.key_at, node.loc, node.removed)
