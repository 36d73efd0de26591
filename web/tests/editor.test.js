import assert from "node:assert/strict";
import { test } from "node:test";
import { offersAt } from "../editor/completion.js";
import { explain, keysBelow, kindsAt } from "../editor/guide.js";
import { opensLevel, pathAt, placeAt } from "../editor/place.js";
import { rangeOf, verdictOf } from "../editor/problems.js";

/** A text with its cursor, written as `|`. */
function cursor(text) {
  const at = text.indexOf("|");
  return [text.slice(0, at) + text.slice(at + 1), at];
}
const path = (text) => pathAt(...cursor(text)).join(" > ");
const place = (text) => {
  const found = placeAt(...cursor(text));
  return found && `${found.kind} of ${found.path.join(" > ")}`;
};

test("the path of a key, of its value, and of what is around them", () => {
  const text = "services:\n  web:\n    workers: 3 # busy\nlinks:\n  web -> db: {timeout: 1s, retry: {on: [error]}}\n";
  const at = (word) => pathAt(text, text.indexOf(word) + 1).join(" > ");
  assert.equal(at("services"), "services");
  assert.equal(at("workers"), "services > web > workers");
  assert.equal(at("3"), "services > web > workers");
  assert.equal(at("timeout"), "links > web -> db > timeout");
  assert.equal(at("1s"), "links > web -> db > timeout");
  assert.equal(at("error"), "links > web -> db > retry > on");
});

test("an empty line belongs to what it is indented below", () => {
  assert.equal(path("services:\n  web:\n    workers: 3\n    |\n"), "services > web");
  assert.equal(path("services:\n  web:\n    workers: 3\n  |\n"), "services");
  assert.equal(path("services:\n  web:\n    workers: 3\n|"), "");
  assert.equal(path("services:\n  web:\n    |\n    workers: 3\n"), "services > web");
});

test("a key in quotes has its name without them", () => {
  assert.equal(path("\"on\":\n  'a b': {c|: 1}"), "on > a b > c");
});

test("items of a list do not count as keys", () => {
  assert.equal(path("steps:\n  - call: a\n  - wait|: 1s\n"), "steps > wait");
  assert.equal(path("handle: [{work: 1ms}, {call|: db}]"), "handle > call");
});

test("a text with a mistake still has paths", () => {
  assert.equal(path("a:\n  b: {c|: 1\nd: 3\n"), "a > b > c");
  assert.equal(path("a: [1, {b|: 2}"), "a > b");
  assert.equal(path("\ta: |1"), "a");
  for (const text of ["|", "\n|\n", ":|", "- |", "{|", "a: 'b|", "a: |\n  x", "? |", "&a |", "!!t |"]) {
    assert.ok(Array.isArray(pathAt(...cursor(text))), text);
    placeAt(...cursor(text));
  }
});

test("a word above other keys is a key of the same mapping", () => {
  assert.equal(place("services:\n  web:\n    wor|\n    workers: 3\n"), "key of services > web");
  assert.equal(place("services:\n  web:\n    workers: 3\n    max|\n"), "key of services > web");
  assert.equal(place("ser|"), "key of ");
});

test("keys in braces are keys, wherever they are", () => {
  assert.equal(place("web: {|}"), "key of web");
  assert.equal(place("web: {max|, workers: 12}"), "key of web");
  assert.equal(place("web: {workers: 12, wai|"), "key of web");
  assert.equal(place("web: {\n  workers: 12,\n  wai|\n}"), "key of web");
});

test("behind a colon is a value, and in a list an item", () => {
  assert.equal(place("line: |"), "value of line");
  assert.equal(place("a:\n  line: fi|\n  b: 1\n"), "value of a > line");
  assert.equal(place("web: {line: fi|, workers: 12}"), "value of web > line");
  assert.equal(place("on: [ti|]"), "item of on");
  assert.equal(place("on: [timeout, |]"), "item of on");
  assert.equal(place("steps:\n  - |\n"), "item of steps");
  assert.equal(place("steps:\n  - call: a\n    on|\n"), "key of steps");
});

test("nothing is offered in comments, quoted and folded texts, and in the middle of a value", () => {
  const texts = ["a: 1 # wor|", "# wor|", 'a: "wor|"', "a: >\n  some wor|\n", "a: some words, wor|", "a: b wor|"];
  assert.deepEqual(
    texts.map((text) => offersAt(GUIDE, ...cursor(text), true)),
    texts.map(() => null),
  );
});

test("a line that ends in a key opens a level", () => {
  const open = ["web:", "  - call:", "a:  # why", "lesson: >", "lesson: |-"];
  const closed = ["a: 1", "# a:", "", "a: {b: 1}", "a: b >"];
  assert.deepEqual([...open, ...closed].filter(opensLevel), open);
});

const GUIDE = {
  Scenario: {
    about: "One file.",
    keys: {
      services: { about: "Who answers.", type: "", of: [{ map: [{ def: "Service" }] }] },
      steps: { about: "In order.", type: "", of: [{ list: [{ def: "Call" }, { def: "Wait" }] }] },
    },
  },
  Service: {
    about: "Who works.",
    keys: {
      workers: { about: "At once.", type: "such as 8" },
      "max wait": { about: "Patience.", type: "such as 1s" },
      line: { about: "The order.", type: "", words: ["first in first out", "priority"] },
    },
  },
  Call: { about: "Asks.", keys: { call: { about: "Whom.", type: "" } } },
  Wait: { about: "Waits.", keys: { wait: { about: "How long.", type: "" } } },
};

test("the guide opens names of one's own and lists", () => {
  assert.deepEqual(kindsAt(GUIDE, ["services", "web"]), [{ def: "Service" }]);
  assert.deepEqual(
    keysBelow(GUIDE, ["steps"]).map(([key]) => key),
    ["call", "wait"],
  );
  assert.deepEqual(kindsAt(GUIDE, ["services", "web", "nothing"]), []);
});

test("a key is explained however it is spelled, and a name by what it stands for", () => {
  assert.equal(explain(GUIDE, ["services", "web", "max_wait"])?.about, "Patience.");
  assert.equal(explain(GUIDE, ["services", "web"])?.about, "Who works.");
  assert.deepEqual([explain(GUIDE, []), explain(GUIDE, ["own", "name"])], [null, null]);
});

const offers = (text, isAsked = false) => offersAt(GUIDE, ...cursor(text), isAsked);

test("keys are offered from two letters on, or when asked", () => {
  assert.equal(offers("services:\n  web: {m|}"), null);
  assert.deepEqual(
    offers("services:\n  web: {ma|}")?.offers.map(({ apply }) => apply),
    ["max wait: "],
  );
  assert.deepEqual(
    offers("services:\n  web: {max_w|}")?.offers.map(({ label }) => label),
    ["max wait"],
  );
  assert.deepEqual(
    offers("services:\n  web:\n    |", true)?.offers.map(({ label }) => label),
    ["workers", "max wait", "line"],
  );
  assert.equal(offers("services:\n  web: {max wait|}"), null, "it is there");
});

test("a key that has its colon gets no second one", () => {
  assert.deepEqual(
    offers("services:\n  web: {ma|: 1s}")?.offers.map(({ apply }) => apply),
    ["max wait"],
  );
});

test("a value is completed by the words of its key", () => {
  assert.deepEqual(offers("services:\n  web:\n    line: pr|\n")?.offers, [{ label: "priority", apply: "priority" }]);
  assert.equal(offers("services:\n  web:\n    line: wo|\n"), null);
});

test("a problem is about the word at its place", () => {
  const lines = ["a: {timeuot: 1s}", "", "b"];
  const at = (line, column) => {
    const { from, to } = rangeOf(lines, { line, column });
    return lines.join("\n").slice(from, to);
  };
  assert.deepEqual([at(1, 5), at(1, 4), at(2, 1), at(3, 9), at(99, 1)], ["timeuot", "{", "", "b", "b"]);
});

test("the verdict counts problems before warnings", () => {
  const bad = { line: 1, column: 1, text: "", level: "bad" };
  const warn = { ...bad, level: "warn" };
  assert.deepEqual(
    [[], [warn], [warn, warn], [bad, warn], [bad, bad]].map((problems) => verdictOf(problems).words),
    ["✓ valid", "! valid, 1 warning", "! valid, 2 warnings", "✕ 1 problem", "✕ 2 problems"],
  );
});
