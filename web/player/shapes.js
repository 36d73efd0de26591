// @ts-check
// The shapes: a service is a box of workers, a queue a cylinder that fills, a client a ring of those well served.

/** @import { NodeData, QueueData, ServiceData, WorkloadData } from "./types" */
/** @import { Attributes } from "../common/dom.js" */
/** @import { Run } from "./run.js" */
import { setAttribute, setText, svg, textWidth, toggleClass } from "../common/dom.js";
import { scaleKey } from "./lines.js";
import { clamp } from "./numbers.js";
import { BOX_HEIGHT } from "./placement.js";
import { formatCount, formatSeconds } from "./text.js";

/** @typedef {{ group: SVGGElement, back: SVGRectElement, text: SVGTextElement }} Pill */
/**
 * Brings a shape to an instant, and returns the words of its state.
 * @typedef {(run: Run, time: number, scales: Map<string, number>) => string} Update
 */

/**
 * Draws the shape of a node into *group*.
 * @param {NodeData} node
 * @param {number} width
 * @param {SVGGElement} group
 * @returns {Update}
 */
export function shapeOf(node, width, group) {
  if (node.kind === "service") return serviceBox(node, width, group);
  return node.kind === "queue" ? cylinder(node, width, group) : circle(node, width, group);
}

/** @returns {Pill} */
export function pill() {
  const back = svg("rect", { y: -10, height: 20, rx: 10 });
  const text = svg("text", { "text-anchor": "middle", y: 4 });
  return { group: svg("g", { class: "pp-pill", visibility: "hidden" }, back, text), back, text };
}

/**
 * @param {Pill} one
 * @param {string} words hidden without any
 * @param {boolean} isCalm
 */
export function setPill(one, words, isCalm = false) {
  setAttribute(one.group, "visibility", words ? "visible" : "hidden");
  if (!words) return;
  setText(one.text, words);
  toggleClass(one.group, "pp-calm", isCalm);
  const width = textWidth(words, 11.5, true) + 16;
  setAttribute(one.back, "x", (-width / 2).toFixed(0));
  setAttribute(one.back, "width", width.toFixed(0));
}

/**
 * @param {string} name made smaller, and then cut, to fit
 * @param {number} width
 * @param {Attributes} attributes
 */
function nameText(name, width, attributes) {
  const room = width - 20;
  const size = clamp((14 * room) / textWidth(name, 14, true), 10, 14);
  let shown = name;
  while (shown.length > 2 && textWidth(shown, 14, true) * (size / 14) > room + 1) shown = shown.slice(0, -2) + "…";
  const text = svg("text", { class: "pp-name", ...attributes, style: `font-size:${size.toFixed(1)}px` });
  text.textContent = shown;
  return text;
}

/**
 * How the workers of a service are drawn: cells in one row or two, and how wide each is.
 * @param {number | null} workers
 * @param {number} width of the row
 */
export function cellsOf(workers, width) {
  const count = workers === null ? 0 : workers <= 64 ? workers : 32;
  const rows = count > 32 ? 2 : 1;
  const inRow = Math.ceil(count / rows) || 1;
  const gap = inRow > 20 ? 1 : 2;
  return {
    count,
    rows,
    inRow,
    gap,
    width: Math.min(20, (width - gap * (inRow - 1)) / inRow),
    height: rows === 2 ? 6 : 13,
  };
}

/**
 * @param {ServiceData} node
 * @param {number} width
 * @param {SVGGElement} group
 * @returns {Update}
 */
function serviceBox(node, width, group) {
  const left = -width / 2;
  const top = -BOX_HEIGHT / 2;
  const box = svg("rect", { class: "pp-shape", x: left, y: top, width, height: BOX_HEIGHT, rx: 12 });
  const row = cellsOf(node.workers, width - 20);
  const cells = Array.from({ length: row.count }, (_, i) =>
    svg("rect", {
      class: "pp-cell",
      rx: Math.min(2, row.width / 3),
      width: row.width.toFixed(2),
      height: row.height,
      x: (left + 10 + (i % row.inRow) * (row.width + row.gap)).toFixed(2),
      y: top + 31 + Math.floor(i / row.inRow) * (row.height + 1),
    }),
  );
  const busyText = svg("text", { x: left + 10, y: top + 60 });
  const waitingText = svg("text", { x: left + 10, y: top + 78 });
  const bar = { x: left + width - 46, y: top + 70, height: 8, rx: 2 };
  const track = svg("rect", { class: "pp-line-track", x: bar.x, y: bar.y, width: 36, height: 8, rx: 2 });
  const line = svg("rect", { class: "pp-line", x: bar.x, y: bar.y, width: 0, height: 8, rx: 2 });
  const name = nameText(node.name, width, { x: left + 10, y: top + 23 });
  group.append(box, name, ...cells, busyText, waitingText, track, line);

  return (run, time) => {
    const busy = run.level(node, "busy", time);
    const waiting = run.level(node, "waiting", time);
    const there = run.level(node, "there", time);
    const isFull = run.isFull(node, time);
    const scale = node.workers ? cells.length / node.workers : 0;
    const lit = Math.round(busy * scale);
    const up = Math.round(there * scale);
    cells.forEach((cell, i) => {
      toggleClass(cell, "pp-on", i < lit);
      toggleClass(cell, "pp-gone", i >= up);
    });
    toggleClass(group, "pp-full", isFull);
    setText(busyText, node.workers === null ? `${formatCount(busy)} busy` : workersText(busy, there));
    setText(waitingText, `${formatCount(waiting)} waiting`);
    toggleClass(waitingText, "pp-soft", waiting < 0.5);
    setAttribute(line, "width", (36 * lineShare(waiting, node.places)).toFixed(1));
    const rejected = run.rate(node, "rejected", time);
    if (run.isDown(node, time)) return "✕ down";
    return rejected > 0 ? `▲ turns away ${formatCount(rejected)}/s` : isFull ? "■ all busy" : "";
  };
}

/**
 * @param {number} busy
 * @param {number} there
 */
function workersText(busy, there) {
  return there === 0 ? "no worker there" : `${formatCount(busy)} of ${formatCount(there)} busy`;
}

/**
 * How full a line is drawn: of its places, or, where it is unlimited, on a logarithmic scale up to 10,000.
 * @param {number} waiting
 * @param {number | null} places
 */
export function lineShare(waiting, places) {
  if (places) return Math.min(1, waiting / places);
  return waiting > 0 ? Math.min(1, Math.log10(1 + waiting) / 4) : 0;
}

let drawings = 0; // numbers the clip paths of a document, each of which must have a name of its own

/**
 * @param {QueueData} node
 * @param {number} width
 * @param {SVGGElement} group
 * @returns {Update}
 */
function cylinder(node, width, group) {
  const left = -width / 2;
  const top = -BOX_HEIGHT / 2;
  const lid = 12;
  const half = BOX_HEIGHT / 2;
  const arc = `A${lid},${half} 0 0 1`;
  const body = `M${left + lid},${top} H${-left - lid} ${arc} ${-left - lid},${-top} H${left + lid} ${arc} ${left + lid},${top} Z`;
  const id = `pp-clip-${drawings++}`;
  const clip = svg("clipPath", { id }, svg("path", { d: body }));
  const level = svg("rect", {
    class: "pp-level",
    x: left,
    y: top,
    width: 0,
    height: BOX_HEIGHT,
    "clip-path": `url(#${id})`,
  });
  const end = svg("ellipse", { class: "pp-shape", cx: -left - lid, cy: 0, rx: lid, ry: half, style: "fill:none" });
  const name = nameText(node.name, width - 12, { x: left + 16, y: top + 25 });
  const waiting = svg("text", { x: left + 16, y: top + 45 });
  const oldest = svg("text", { x: left + 16, y: top + 62 });
  const inHand = svg("text", { class: "pp-soft", x: left + 16, y: top + 79 });
  group.append(clip, svg("path", { class: "pp-shape", d: body }), level, end, name, waiting, oldest, inHand);

  return (run, time, scales) => {
    const backlog = run.level(node, "backlog", time);
    const most = Math.max(20, scales.get(scaleKey(node, "backlog")) ?? 1);
    setAttribute(level, "width", (width * Math.min(1, backlog / most)).toFixed(1));
    setText(waiting, `${formatCount(backlog)} waiting`);
    setText(oldest, `oldest ${formatSeconds(run.level(node, "oldest", time))}`);
    setText(inHand, `${formatCount(run.level(node, "in flight", time))} in hand`);
    return "";
  };
}

const RADIUS = 36;
const AROUND = 2 * Math.PI * RADIUS;

/**
 * @param {WorkloadData} node
 * @param {number} width
 * @param {SVGGElement} group
 * @returns {Update}
 */
function circle(node, width, group) {
  const gauge = (/** @type {string} */ name) =>
    svg("circle", { class: `pp-gauge ${name}`, r: RADIUS, cy: -8, transform: "rotate(-90 0 -8)" });
  const face = svg("circle", { class: "pp-shape", r: 42, cy: -8 });
  const lost = gauge("pp-lost");
  const good = gauge("pp-good");
  const share = svg("text", { class: "pp-share", "text-anchor": "middle", y: -6 });
  const rate = svg("text", { class: "pp-soft", "text-anchor": "middle", y: 10 });
  const name = nameText(node.name, width + 20, { "text-anchor": "middle", y: BOX_HEIGHT / 2 + 4 });
  group.append(face, gauge(""), lost, good, share, rate, name);

  return (run, time) => {
    const percent = run.rate(node, "good", time);
    const part = Math.max(0, percent) / 100;
    setAttribute(good, "stroke-dasharray", `${(AROUND * part).toFixed(1)} ${AROUND.toFixed(1)}`);
    setAttribute(lost, "visibility", percent >= 0 && part < 0.995 ? "visible" : "hidden");
    setAttribute(good, "visibility", percent > 0 ? "visible" : "hidden");
    setText(share, percent < 0 ? "–" : Math.round(percent) + "%");
    setText(rate, formatCount(run.rate(node, "offered", time)) + "/s");
    return "";
  };
}
