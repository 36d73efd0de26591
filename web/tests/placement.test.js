import assert from "node:assert/strict";
import { test } from "node:test";
import { strokeWidth, trafficOf } from "../player/link_marks.js";
import { freeSample, isLevel, overlap, pathOf, placementOf, portsOf } from "../player/placement.js";
import { cellsOf, lineShare } from "../player/shapes.js";
import { runData } from "./run_data.js";

const data = runData();
const [guests, till] = data.nodes;

test("a wide drawing goes from left to right and a narrow one from top to bottom", () => {
  const wide = placementOf(data, 900);
  const narrow = placementOf(data, 340);
  assert.deepEqual([wide.isVertical, narrow.isVertical], [false, true]);
  const xs = data.nodes.map((node) => wide.centreOf(node)[0]);
  const ys = data.nodes.map((node) => narrow.centreOf(node)[1]);
  assert.deepEqual(
    [...xs].sort((a, b) => a - b),
    xs,
  );
  assert.deepEqual(
    [...ys].sort((a, b) => a - b),
    ys,
  );
});

test("no box leaves the drawing and no two boxes overlap, at any width", () => {
  const nodes = [0, 1, 2, 3, 4].flatMap((column) =>
    [0, 1.28, 2.56].map((height) => ({ ...till, name: `${column} ${height}`, column, height })),
  );
  const many = runData({ nodes, links: [] });
  for (const width of [320, 390, 600, 768, 1000, 1280, 1600]) {
    const placement = placementOf(many, width);
    const boxes = nodes.map((node) => {
      const [x, y] = placement.centreOf(node);
      const half = placement.boxWidth / 2;
      return [x - half, y - 46, x + half, y + 46];
    });
    assert.ok(
      boxes.every(
        ([left, top, right, bottom]) => left >= 0 && top >= 0 && right <= placement.width && bottom <= placement.height,
      ),
    );
    boxes.forEach((box, i) => boxes.slice(i + 1).forEach((other) => assert.equal(overlap(box, other), 0)));
  }
});

test("links that share an end leave from different points, in the order of their other ends", () => {
  const low = { ...till, name: "low", height: 2 };
  const links = [{ ...data.links[0], name: "guests -> low", callee: "low" }, data.links[0]];
  const ports = portsOf(runData({ nodes: [guests, till, low], links }), placementOf(data, 900));
  assert.ok(ports.get("guests -> till").leaves < ports.get("guests -> low").leaves);
  assert.equal(ports.get("guests -> till").arrives, 0);
});

test("a path begins at the caller, ends before the callee, and a link back runs below", () => {
  const placement = placementOf(data, 900);
  const port = { leaves: 0, arrives: 0 };
  const numbers = pathOf(data.links[0], guests, till, placement, port)
    .match(/-?[\d.]+/g)
    .map(Number);
  assert.equal(numbers[0], placement.centreOf(guests)[0] + 44);
  assert.equal(numbers.at(-2), placement.centreOf(till)[0] - placement.boxWidth / 2 - 8);
  const back = pathOf({ ...data.links[0], back: true }, till, guests, placement, port)
    .match(/-?[\d.]+/g)
    .map(Number);
  assert.ok(back[3] > placement.centreOf(till)[1] + 46);
});

test("words go where nothing stands, near the wanted sample", () => {
  const boxAt = (i) => [i, 0, i + 1, 1];
  assert.equal(freeSample(boxAt, [], 30), 30);
  assert.equal(
    freeSample((i) => [i * 10, 0, i * 10 + 10, 10], [[285, 0, 315, 10]], 30),
    32,
  );
  assert.deepEqual(
    [
      isLevel(
        [
          [0, 0],
          [9, 1],
        ],
        0,
      ),
      isLevel(
        [
          [0, 0],
          [9, 9],
        ],
        0,
      ),
    ],
    [true, false],
  );
});

test("workers are drawn one by one up to 64, in one row or two, and by share above", () => {
  assert.deepEqual(
    [null, 1, 8, 33, 64, 500].map((workers) => cellsOf(workers, 140).count),
    [0, 1, 8, 33, 64, 32],
  );
  assert.deepEqual(
    [8, 33].map((workers) => cellsOf(workers, 140).rows),
    [1, 2],
  );
  const { inRow, width, gap } = cellsOf(64, 140);
  assert.ok(inRow * width + (inRow - 1) * gap <= 140);
});

test("a line fills by its places, and without places on a logarithmic scale", () => {
  assert.deepEqual([lineShare(5, 10), lineShare(20, 10), lineShare(0, null), lineShare(1e6, null)], [0.5, 1, 0, 1]);
});

test("crosses stand for the share of attempts that fail, and a link without traffic has no marks", () => {
  assert.deepEqual(trafficOf({ attempts: 0, failures: 0, stopped: 0 }), { crosses: 0, dots: 0 });
  assert.deepEqual(trafficOf({ attempts: 15, failures: 0, stopped: 0 }), { crosses: 0, dots: 4 });
  assert.deepEqual(trafficOf({ attempts: 15, failures: 15, stopped: 0 }), { crosses: 4, dots: 0 });
  assert.deepEqual([0, 1e9].map(strokeWidth), [1.2, 4.6]);
});
