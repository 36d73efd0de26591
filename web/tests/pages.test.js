import assert from "node:assert/strict";
import { test } from "node:test";
import { Combinations, firstFault, isRight, shareText } from "../pages/pocket_data.js";
import { themeOf } from "../common/theme.js";
import { runData } from "./run_data.js";

const toggles = [
  { name: "a", about: "", for: [] },
  { name: "b", about: "", for: ["slow"] },
];
const entry = (variant, on) => ({ variant, toggles: on, during: "fault", numbers: [], replay: null });
const entries = [entry("slow", []), entry("slow", ["a"]), entry("slow", ["b"]), entry("fast", [])];
const combinations = new Combinations({ toggles, entries });

test("a combination is found in whatever order its switches were flipped", () => {
  const both = entry("slow", ["a", "b"]);
  assert.equal(new Combinations({ toggles, entries: [both] }).find("slow", ["b", "a"]), both);
  assert.equal(combinations.find("fast", ["a"]), undefined);
});

test("a switch says why it cannot be flipped, and one that is on always can", () => {
  const [a, b] = toggles;
  assert.equal(combinations.obstacle(a, "slow", new Set()), "");
  assert.equal(combinations.obstacle(a, "slow", new Set(["b"])), "Not played together with what is on.");
  assert.equal(combinations.obstacle(b, "fast", new Set()), "Only slow.");
  assert.equal(combinations.obstacle(b, "fast", new Set(["b"])), "");
});

test("another design keeps the switches that belong to it", () => {
  assert.deepEqual([...combinations.kept("fast", new Set(["a", "b"]))], ["a"]);
});

test("a share that is not all and not nothing never says so", () => {
  assert.deepEqual([null, 0, 0.0004, 0.05, 0.5, 0.95, 0.9996, 1].map(shareText), [
    "–",
    "0.0%",
    "under 0.1%",
    "5.0%",
    "50%",
    "95.0%",
    "over 99.9%",
    "100.0%",
  ]);
});

test("a prediction is right within its bounds", () => {
  assert.deepEqual(
    [isRight("nearly all", 0.9), isRight("hardly any", 0.2), isRight("else", 0.2)],
    [true, false, false],
  );
});

test("a replay opens soon after the first fault", () => {
  assert.deepEqual(
    [firstFault(runData()), firstFault(runData({ faults: [] })), firstFault(runData({ end_s: 12 }))],
    [15, 0, 12],
  );
});

test("a page is dark when its background is", () => {
  assert.deepEqual(["#ffffff", " #0e1117", "rgb(14, 17, 23)", "rgb(255 255 255)", "", "none"].map(themeOf), [
    "light",
    "dark",
    "dark",
    "light",
    null,
    null,
  ]);
});
