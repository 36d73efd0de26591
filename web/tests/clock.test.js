import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock, instantToShow, momentsOf, speedFor } from "../player/clock.js";
import { runData } from "./run_data.js";

test("it advances by its speed and ends at the end", () => {
  const clock = new Clock(10, 0, 20);
  assert.equal(clock.advance(0.125), "");
  assert.equal(clock.time, 2.5);
  clock.advance(0.25);
  assert.equal(clock.advance(0.25), "end");
  assert.equal(clock.time, 10);
});

test("a page that was hidden for long advances by a quarter of a second only", () => {
  const clock = new Clock(100, 0, 4);
  clock.advance(3600);
  assert.equal(clock.time, 1);
});

test("it stops once where it must, not behind it", () => {
  const clock = new Clock(100, 4.5, 4);
  assert.equal(clock.advance(0.25, 5), "stop");
  assert.equal(clock.time, 5);
  assert.equal(clock.advance(0.25, 5), "");
});

test("seeking stays within the run, and what was seen stays seen", () => {
  const clock = new Clock(10, 3);
  clock.seek(99);
  assert.equal(clock.time, 10);
  clock.seek(-1);
  assert.deepEqual([clock.time, clock.reached, clock.hasSeen(10), clock.hasPassed(1)], [0, 10, true, false]);
});

test("steps go to the next and the previous moment, and then to the ends", () => {
  const clock = new Clock(40, 12);
  const moments = [10, 12, 18];
  assert.deepEqual([clock.step(moments, 1), clock.step(moments, -1)], [18, 10]);
  clock.seek(18);
  assert.equal(clock.step(moments, 1), 40);
  clock.seek(10);
  assert.equal(clock.step(moments, -1), 0);
});

test("keys move by a frame, by a twentieth, or to the ends; others move nothing", () => {
  const clock = new Clock(40, 10);
  const move = (key, isShifted = false) => clock.moveOf(key, isShifted, 1);
  assert.deepEqual([move("ArrowRight"), move("ArrowLeft"), move("ArrowRight", true)], [11, 9, 12]);
  assert.deepEqual([move("PageUp"), move("PageDown"), move("Home"), move("End")], [12, 8, 0, 40]);
  assert.equal(move("a"), null);
});

test("the speed plays all of it within forty seconds", () => {
  assert.deepEqual([20, 60, 200, 1e6].map(speedFor), [1, 2, 5, 100]);
});

test("the moments are those of story and events of all runs, each once, none after the end", () => {
  const later = runData({ events: [{ at_s: 99 }], story: [] });
  assert.deepEqual(momentsOf([{ data: runData() }, { data: later }], 40), [10, 12, 18, 40]);
});

test("another run is shown at this instant within its faults, and from shortly before them elsewhere", () => {
  const run = runData();
  assert.deepEqual(
    [0, 8, 15, 20, 30].map((time) => instantToShow(run, time, 40)),
    [8, 8, 15, 20, 8],
  );
  const healthy = runData({ faults: [] });
  assert.deepEqual([instantToShow(healthy, 15, 40), instantToShow(healthy, 40, 40)], [15, 0]);
});
