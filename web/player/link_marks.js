// @ts-check
// What is drawn along a link: its arrow, the words near its middle, and the dots and crosses that travel over it.

/** @import { LinkData } from "./types" */
/** @import { Point } from "./placement.js" */
/** @import { Run } from "./run.js" */
/** @import { Pill } from "./shapes.js" */
import { setAttribute, setText, textWidth, toggleClass } from "../common/dom.js";
import { freeSample, isLevel } from "./placement.js";
import { occurs, perSecond } from "./run.js";
import { setPill } from "./shapes.js";
import { shorten } from "./text.js";

/**
 * @typedef {{ link: LinkData, group: SVGGElement, path: SVGPathElement, samples: Point[], dots: SVGElement[],
 *   crosses: SVGElement[], button: SVGGElement, lines: SVGTextElement[], back: SVGRectElement, ring: SVGRectElement,
 *   breaker: Pill, isLevel: boolean }} DrawnLink
 */

const SAMPLES = 60; // of a link's path
const ROW = 14; // px: the height of a line of words on a link

/**
 * @param {SVGPathElement} path
 * @returns {Point[]}
 */
export function samplesOf(path) {
  const length = path.getTotalLength();
  return Array.from({ length: SAMPLES + 1 }, (_, i) => {
    const point = path.getPointAtLength((length * i) / SAMPLES);
    return [point.x, point.y];
  });
}

/** @param {Point[]} samples */
export function arrowTransform(samples) {
  const [x, y] = samples[SAMPLES];
  const before = samples[SAMPLES - 2];
  const angle = (Math.atan2(y - before[1], x - before[0]) * 180) / Math.PI;
  return `translate(${x} ${y}) rotate(${angle})`;
}

/**
 * Puts the words of a link where nothing else stands, near its middle.
 * @param {DrawnLink} drawn
 * @param {number[][]} taken
 * @param {boolean} isVertical
 */
export function placeWords(drawn, taken, isVertical) {
  const { link, samples } = drawn;
  const rows = 1 + ["retries", "failures", "short-circuited"].filter((name) => occurs(link, name)).length;
  const half = link.breaker ? 46 : 36;
  const high = ((rows + (link.breaker ? 1.6 : 0)) * ROW) / 2 + 2;
  const boxAt = (/** @type {number} */ i) => {
    const [x, y] = samples[i];
    const low = isLevel(samples, i) ? y - 5 : y + high;
    return [x - half, low - 2 * high, x + half, low];
  };
  const best = freeSample(boxAt, taken, isVertical ? 40 : 30);
  drawn.isLevel = isLevel(samples, best);
  taken.push(boxAt(best));
  drawn.button.setAttribute("transform", `translate(${samples[best].join(" ")})`);
}

/** @typedef {ReturnType<Run["linkFacts"]>} LinkFacts */

/** @param {number} attempts */
export function strokeWidth(attempts) {
  return 1.2 + Math.min(3.4, Math.log10(1 + attempts) * 1.1);
}

/**
 * How many dots and crosses stand for what a link carries.
 * @param {Pick<LinkFacts, "attempts" | "failures" | "stopped">} facts
 */
export function trafficOf({ attempts, failures, stopped }) {
  const total = attempts + stopped;
  const bad = Math.min(1, total > 0 ? failures / Math.max(total, failures) : 0);
  const marks = Math.min(10, Math.ceil(Math.log2(1 + attempts)));
  const crosses = Math.min(4, Math.round(marks * bad));
  return { crosses, dots: Math.min(6, marks - crosses) };
}

/**
 * The words on a link, each with whether it is bad.
 * @param {LinkData} link
 * @param {LinkFacts} facts
 * @returns {[words: string, isBad: boolean][]}
 */
function wordsOf(link, facts) {
  /** @type {[string, boolean][]} */
  const lines = [];
  if (facts.attempts > 0 || link.kind !== "dead letters") lines.push([perSecond(facts.attempts), false]);
  if (facts.retries > 0) lines.push([`${perSecond(facts.retries)} again`, false]);
  if (facts.failures > 0) lines.push([`✕ ${perSecond(facts.failures)} fail`, true]);
  if (facts.stopped > 0) lines.push([`⊘ ${perSecond(facts.stopped)} stopped`, false]);
  if (facts.troubles.length) lines.push(["⚡ " + shorten(facts.troubles.join(", "), 22), true]);
  return lines;
}

const BREAKER_SIGNS = new Map([
  ["open", "○ "],
  ["closed", "● "],
]);

/**
 * @param {DrawnLink} drawn
 * @param {LinkFacts} facts
 */
export function showWords(drawn, facts) {
  const words = wordsOf(drawn.link, facts);
  const hasBreaker = facts.breaker !== null;
  const high = Math.min(drawn.lines.length, words.length) * ROW;
  const top = drawn.isLevel ? -high - 5 : -(high + (hasBreaker ? 22 : 0)) / 2;
  let widest = 0;
  drawn.lines.forEach((text, i) => {
    const [line, isBad] = words[i] ?? ["", false];
    setText(text, line);
    toggleClass(text, "pp-bad", isBad);
    if (line) setAttribute(text, "y", (top + 11 + i * ROW).toFixed(1));
    widest = Math.max(widest, textWidth(line, 11, isBad));
  });
  setAttribute(drawn.back, "x", (-widest / 2 - 3).toFixed(0));
  setAttribute(drawn.back, "width", (widest ? widest + 6 : 0).toFixed(0));
  setAttribute(drawn.back, "y", top.toFixed(1));
  setAttribute(drawn.back, "height", high);
  const width = Math.max(44, widest + 12, hasBreaker ? 118 : 0);
  const height = Math.max(24, high + (hasBreaker ? 24 : 0) + 6);
  const middle = top + (high + (hasBreaker ? (drawn.isLevel ? 33 : 24) : 0)) / 2;
  const ring = { x: -width / 2, y: middle - height / 2, width, height };
  for (const [name, value] of Object.entries(ring)) setAttribute(drawn.ring, name, value.toFixed(0));
  if (facts.breaker === null) return;
  const sign = BREAKER_SIGNS.get(facts.breaker) ?? "◐ ";
  setPill(drawn.breaker, sign + "breaker " + facts.breaker, facts.breaker === "closed");
  const y = (top + high + (drawn.isLevel ? 21 : 12)).toFixed(1);
  setAttribute(drawn.breaker.group, "transform", `translate(0 ${y})`);
}

/**
 * Puts *count* marks along a path, evenly, and hides the others.
 * @param {SVGElement[]} marks
 * @param {Point[]} samples
 * @param {number} count
 * @param {number} phase
 * @param {number} offset
 */
export function travel(marks, samples, count, phase, offset) {
  marks.forEach((each, i) => {
    setAttribute(each, "visibility", i < count ? "visible" : "hidden");
    if (i >= count) return;
    const place = ((phase + (i + offset) / count) % 1) * SAMPLES;
    const low = Math.floor(place);
    const share = place - low;
    const [x0, y0] = samples[low];
    const [x1, y1] = samples[Math.min(SAMPLES, low + 1)];
    const x = (x0 + (x1 - x0) * share).toFixed(1);
    const y = (y0 + (y1 - y0) * share).toFixed(1);
    each.setAttribute("transform", `translate(${x} ${y})`);
  });
}
