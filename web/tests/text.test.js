import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp, peakOf, valueAt } from "../player/numbers.js";
import { formatCount, formatMilliseconds, formatPercent, formatSeconds, shorten } from "../player/text.js";

test("a percentage that is not all and not nothing never says so", () => {
  assert.deepEqual([0, 0.4, 1, 99, 99.6, 100].map(formatPercent), ["0%", "under 1%", "1%", "99%", "over 99%", "100%"]);
});

test("counts have one decimal below ten and thousands are parted", () => {
  assert.deepEqual([0, 0.04, 9.94, 9.96, 999.6, 12345].map(formatCount), ["0", "0", "9.9", "10", "1000", "12,345"]);
});

test("seconds become minutes from ten minutes on and hours from two", () => {
  assert.deepEqual([0, 9.5, 10, 61.25, 600, 754, 7200].map(formatSeconds), [
    "0.0 s",
    "9.5 s",
    "10 s",
    "61.3 s",
    "10 min",
    "12 min 34 s",
    "2.0 h",
  ]);
});

test("milliseconds become seconds from one second on", () => {
  assert.deepEqual([0.5, 999, 1500, 12000].map(formatMilliseconds), ["0.5 ms", "999 ms", "1.5 s", "12 s"]);
});

test("a text that is too long ends in dots", () => {
  assert.deepEqual([shorten("slow", 4), shorten("slower", 4)], ["slow", "slo…"]);
});

test("a series holds its last value, and a number is a series", () => {
  const series = [1, 2, 3];
  assert.deepEqual(
    [-1, 0, 0.99, 1, 2.5, 99].map((time) => valueAt(series, 1, time)),
    [1, 1, 1, 2, 3, 3],
  );
  assert.deepEqual([valueAt(7, 1, 3), valueAt([], 1, 3), valueAt(undefined, 1, 3)], [7, 0, 0]);
  assert.equal(valueAt([1, 2, 3, 4], 0.1, 0.3), 4, "0.3 / 0.1 is a little less than 3");
});

test("the peak of a series, of a number and of nothing", () => {
  assert.deepEqual([peakOf([1, 3, 2]), peakOf(4), peakOf([]), peakOf(undefined)], [3, 4, 0, 0]);
  assert.deepEqual([clamp(-1, 0, 2), clamp(1, 0, 2), clamp(3, 0, 2)], [0, 1, 2]);
});
