"""Boxes do not overlap, calls run from left to right, and the same system is always drawn the same."""

from __future__ import annotations

import itertools
import random

import pytest

from sim.diagram.layout import BOX_HEIGHT, lay_out

BOUTIQUE = {
    "users": ["frontend"],
    "frontend": ["currency", "catalog", "cart", "ad", "recommendation", "shipping", "checkout"],
    "recommendation": ["catalog"],
    "checkout": ["cart", "catalog", "currency", "shipping", "payment", "email"],
    "cart": ["redis"],
}


def edges_of(graph: dict[str, list[str]]) -> tuple[list[str], list[tuple[str, str]]]:
    edges = [(a, b) for a, targets in graph.items() for b in targets]
    return list(dict.fromkeys(itertools.chain.from_iterable(edges))), edges


def random_system(size: int, seed: int) -> tuple[list[str], list[tuple[str, str]]]:
    rng = random.Random(seed)
    edges = [(f"s{rng.randrange(i)}", f"s{i}") for i in range(1, size)]
    edges += [(f"s{a}", f"s{b}") for a, b in (sorted(rng.sample(range(size), 2)) for _ in range(size // 2))]
    return [f"s{i}" for i in range(size)], edges


@pytest.mark.parametrize("system", [edges_of(BOUTIQUE), random_system(40, 3), random_system(15, 4)])
def test_boxes_of_a_column_keep_their_distance(system: tuple[list[str], list[tuple[str, str]]]) -> None:
    nodes, edges = system
    layout = lay_out(nodes, edges)
    assert set(layout.columns) == set(nodes)
    for a, b in itertools.combinations(nodes, 2):
        if layout.columns[a] == layout.columns[b]:
            assert abs(layout.heights[a] - layout.heights[b]) > BOX_HEIGHT + 0.1


@pytest.mark.parametrize("system", [edges_of(BOUTIQUE), random_system(40, 3)])
def test_lines_pass_between_the_boxes_of_a_column(system: tuple[list[str], list[tuple[str, str]]]) -> None:
    nodes, edges = system
    layout = lay_out(nodes, edges)
    assert any(layout.bends.values())
    for bends in layout.bends.values():
        for column, height in bends:
            here = [layout.heights[node] for node in nodes if layout.columns[node] == column]
            assert all(abs(height - other) > BOX_HEIGHT / 2 for other in here)


def test_calls_run_from_left_to_right() -> None:
    nodes, edges = edges_of(BOUTIQUE)
    layout = lay_out(nodes, edges)
    assert layout.back == ()
    assert all(layout.columns[a] < layout.columns[b] for a, b in edges)
    assert layout.columns["users"] == 0 and layout.columns["redis"] == layout.width - 1 == 4
    assert len(layout.bends["frontend", "cart"]) == 1


def test_circles_and_calls_to_itself_are_drawn_backwards() -> None:
    layout = lay_out(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a"), ("b", "b")])
    assert sorted(layout.back) == [("b", "b"), ("c", "a")]
    assert [layout.columns[name] for name in "abc"] == [0, 1, 2]


def test_the_same_system_is_drawn_the_same() -> None:
    assert lay_out(*random_system(40, 3)) == lay_out(*random_system(40, 3))


def test_lonely_nodes_and_nothing_at_all_have_a_layout() -> None:
    assert lay_out(["a", "b"], []).width == 1
    assert lay_out([], []).height == 0
