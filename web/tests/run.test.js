import assert from "node:assert/strict";
import { test } from "node:test";
import { overview, rowsOf } from "../player/moment.js";
import { inWords, Run } from "../player/run.js";
import { mainOf } from "../player/series.js";
import { knownAt } from "../player/story.js";
import { runData } from "./run_data.js";

const run = new Run(runData());
const [guests, till, letters] = run.data.nodes;
const [link, send] = run.data.links;

test("a breaker is what its last change made it", () => {
  assert.deepEqual(
    [0, 12, 15, 18].map((time) => run.breaker(link, time)),
    ["closed", "open", "half-open", "closed"],
  );
  assert.equal(run.breaker({ ...link, breakers: 4, breaker: [[0, 0.25]] }, 1), "25% open");
  assert.equal(run.breaker(send, 1), null);
});

test("a fault troubles what it is on, from its begin until before its end", () => {
  assert.deepEqual(
    [9, 10, 19.9, 20].map((time) => run.troubles("till", time).length),
    [0, 1, 1, 0],
  );
  assert.deepEqual(run.troubles("guests", 15), []);
});

test("a service is full when nearly all workers that are there are busy", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((time) => run.isFull(till, time)),
    [false, true, true, false],
  );
});

test("the facts of a service say what is bad", () => {
  const facts = new Map(run.facts(till, 2).map(([what, value, isBad]) => [what, [value, Boolean(isBad)]]));
  assert.deepEqual(facts.get("workers busy"), ["7.7 of 8", true]);
  assert.deepEqual(facts.get("in line"), ["10 of 10 places", true]);
  assert.deepEqual(run.facts(till, 3)[0], ["workers busy", "no worker there", false]);
  assert.deepEqual(run.facts(till, 3)[1], ["workers gone", "8", true]);
  assert.deepEqual(run.facts(till, 10)[0], ["fault", "4x slower", true]);
});

test("the facts of a link are in the order of an attempt's life", () => {
  assert.deepEqual(
    run.facts(link, 2).map(([what, value]) => `${what} ${value}`),
    [
      "sent 20/s",
      "– sent again 0/s",
      "in flight 2",
      "answered 15/s",
      "– mean time, n = 30 1.5 s",
      "fail 5/s",
      "– timed out 5/s",
      "circuit breaker closed",
      "stopped by breaker 5/s",
    ],
  );
  assert.equal(run.facts(link, 4).find(([what]) => what.startsWith("– mean"))[1], "–");
});

test("a part in words is a sentence without signs", () => {
  assert.equal(
    inWords(run, letters, 2),
    "letters, queue. messages waiting: 20; age of the oldest: 11 min 40 s; being handled: 1; published: 1/s; handed out: 1/s",
  );
  assert.match(inWords(run, link, 0), /^guests to till, link\. sent: 10\/s; sent again: 0\/s/);
});

test("the rows of a node end with the links that leave it", () => {
  const rows = rowsOf(run, guests, 2);
  assert.deepEqual(rows.slice(-4), [
    ["→ till (timeout 1 s)", "20/s"],
    ["fail", "5/s", true],
    ["circuit breaker", "closed", false],
    ["stopped by it", "5/s"],
  ]);
});

test("the overview names the clients of every run and the fault with what is left of it", () => {
  assert.deepEqual(overview([run], 12), [
    ["guests well served", "–", false],
    ["fault: till slow", "8.0 s left", true],
  ]);
  assert.deepEqual(overview([run, run], 2)[0], ["as written", ""]);
});

test("a sentence says its length only when it is known", () => {
  const [, opens] = run.data.story;
  assert.deepEqual(
    [12, 17.9, 18].map((time) => knownAt(opens, time)),
    ["the breaker opens", "the breaker opens", "the breaker opens for 6 s"],
  );
});

test("of many nodes the main ones are clients, queues and what a fault strikes", () => {
  const others = Array.from({ length: 8 }, (_, i) => ({ ...till, name: `other ${i}` }));
  const [main, rest] = mainOf(runData({ nodes: [...others, letters, till, guests] }));
  assert.deepEqual(
    main.map((node) => node.name),
    ["guests", "letters", "till", "other 0", "other 1", "other 2"],
  );
  assert.equal(rest.length, 5);
  assert.deepEqual(mainOf(run.data)[1], []);
});
