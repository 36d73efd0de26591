import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, pointsOf, scalesOf, summaryOf, ticksOf } from "../player/lines.js";
import { Run } from "../player/run.js";
import { runData } from "./run_data.js";

const run = new Run(runData());
const [guests, till] = run.data.nodes;
const [link, send] = run.data.links;
const names = (part) => linesOf(part).map((line) => line.name);

test("a link shows only what happens on it", () => {
  assert.deepEqual(names(link), ["attempts", "failures", "short-circuited"]);
  assert.deepEqual(names(send), ["attempts"]);
  assert.equal(linesOf({ ...send, kind: "dead letters" })[0].words, "moved");
});

test("done work has a line of its own only where it differs from the answers", () => {
  assert.deepEqual(names(guests), ["goodput", "offered", "answered"]);
  assert.ok(names({ ...guests, rates: { ...guests.rates, done: 3 } }).includes("done"));
});

test("a scale is the highest of all runs, and never so small that one request is a mountain", () => {
  const other = runData();
  other.nodes[1].levels.waiting = [40];
  const scales = scalesOf([run, new Run(other)]);
  assert.deepEqual(
    ["workload guests flow", "service till busy", "service till waiting"].map((key) => scales.get(key)),
    [5, 8, 40],
  );
  assert.equal(scales.get("call guests -> till flow"), 20);
});

test("points lie in the middle of their frames; a number is a level line to the run's end", () => {
  const [busy] = linesOf(till);
  assert.deepEqual(pointsOf(run, till, busy, 40, 8).slice(0, 2), [
    ["12.5", "50.0"],
    ["37.5", "0.0"],
  ]);
  const offered = linesOf(guests)[1];
  assert.deepEqual(pointsOf(run, guests, offered, 80, 10), [
    ["0", "50.0"],
    ["500.0", "50.0"],
  ]);
});

test("a chart is summed up by its peaks and when they were", () => {
  assert.equal(summaryOf(run, till, linesOf(till)), "till over time: busy up to 8 at 1.0 s, waiting up to 10 at 2.0 s");
});

test("an axis names at most five round instants", () => {
  assert.deepEqual(
    [ticksOf(40), ticksOf(180), ticksOf(3)],
    [
      [0, 10, 20, 30, 40],
      [0, 60, 120, 180],
      [0, 1, 2, 3],
    ],
  );
  for (const end of [0.5, 7, 59, 1000, 90000, 1e7]) assert.ok(ticksOf(end).length <= 5, String(end));
});
