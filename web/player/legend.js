// @ts-check
// The key of the drawing: what its shapes stand for.

/** @import { Run } from "./run.js" */
import { html, svg } from "../common/dom.js";

/**
 * @param {Run[]} runs
 * @param {boolean} isStill whether nothing travels over the links
 */
export function legendOf(runs, isStill) {
  const root = html("p", { class: "pp-key" });
  const line = { fill: "none", stroke: "currentColor", "stroke-width": 1.6 };
  const fill = { cy: 8, r: 3, fill: "currentColor" };
  /** @type {(words: string, ...picture: SVGElement[]) => void} */
  const entry = (words, ...picture) => {
    const text = html("span");
    text.textContent = words;
    root.append(html("span", {}, svg("svg", { viewBox: "0 0 24 16", "aria-hidden": "true" }, ...picture), text));
  };
  entry("clients: share well served, of those who arrive now", svg("circle", { cx: 12, cy: 8, r: 6.5, ...line }));
  entry("service: each mark is a worker", svg("rect", { x: 3, y: 2, width: 18, height: 12, rx: 3, ...line }));
  if (haveQueue(runs)) {
    const d = "M6 2H18A3 6 0 0 1 18 14H6A3 6 0 0 1 6 2M18 2A3 6 0 0 0 18 14";
    entry("queue: filled by what waits", svg("path", { d, ...line }));
  }
  entry("calls that fail", svg("path", { d: "M2 8H22", "stroke-dasharray": "5 3", ...line }));
  if (!isStill) {
    const words = "dots: more of them for more traffic, not single requests";
    entry(words, svg("circle", { cx: 6, ...fill }), svg("circle", { cx: 18, ...fill }));
  }
  return root;
}

/** @param {Run[]} runs */
export function haveQueue(runs) {
  return runs.some((run) => run.data.nodes.some((node) => node.kind === "queue"));
}
