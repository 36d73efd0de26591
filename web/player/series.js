// @ts-check
// The series below the drawing, on the same clock.

/** @import { Controls, NodeData, RunData } from "./types" */
/** @import { Run } from "./run.js" */
import { Chart, swatch } from "./chart.js";
import { html } from "../common/dom.js";
import { haveQueue } from "./legend.js";

const FEW = 6; // charts that are seen at a glance

/**
 * @param {Run[]} runs
 * @param {Controls} controls
 * @param {boolean} isFolded whether all but the main ones are folded away where there are many
 */
export function seriesOf(runs, controls, isFolded) {
  /** @type {Chart[]} */
  const charts = [];
  const head = html(controls.heading);
  head.textContent = "Over time";
  const grids = runs.map((run) => {
    const [main, others] = isFolded ? mainOf(run.data) : [run.data.nodes, []];
    const chart = (/** @type {NodeData} */ node) => {
      charts.push(new Chart(run, node, controls));
      return charts[charts.length - 1].root;
    };
    const label = html(controls.heading);
    label.textContent = run.data.label;
    const shown = html("div", { class: "pp-charts" }, ...main.map(chart));
    return html("div", {}, runs.length > 1 ? label : null, shown, others.length ? folded(others.map(chart)) : null);
  });
  const sides = html("div", { class: "pp-sides", "data-sides": runs.length }, ...grids);
  return { root: html("div", { class: "pp-series" }, head, keyOf(runs), sides), charts };
}

/** @param {Run[]} runs */
function keyOf(runs) {
  const swatches = [
    ["pp-s0", "arrive"],
    ["pp-s1", "answered, or busy workers"],
    ["pp-s2", "done, or waiting in line"],
    ["pp-area pp-green", "well served"],
  ];
  if (haveQueue(runs)) swatches.push(["pp-s3", "waiting messages"]);
  const key = html("p", { class: "pp-key" }, ...swatches.map(([name, words]) => swatch(name, words)));
  const { faults } = runs[0].data;
  if (faults.length) {
    const band = html("span", { class: "pp-swatch pp-fault", style: "position:static" });
    const text = html("span");
    text.textContent = "fault: " + [...new Set(faults.map((fault) => fault.name))].join(", ");
    key.append(html("span", {}, band, text));
  }
  return key;
}

/**
 * The nodes whose series say most (clients, queues, what a fault strikes), and the others; all, where they are few.
 * @param {RunData} data
 * @returns {[main: NodeData[], others: NodeData[]]}
 */
export function mainOf(data) {
  if (data.nodes.length <= FEW + 2) return [data.nodes, []];
  const struck = new Set(data.faults.flatMap((fault) => fault.on.map(([name]) => name)));
  const rank = (/** @type {NodeData} */ node) =>
    node.kind === "workload" ? 0 : node.kind === "queue" ? 1 : struck.has(node.name) ? 2 : 3;
  const nodes = [...data.nodes].sort((a, b) => rank(a) - rank(b));
  return [nodes.slice(0, FEW), nodes.slice(FEW)];
}

/** @param {HTMLElement[]} charts */
function folded(charts) {
  const words = html("summary");
  words.textContent = `${charts.length} more`;
  return html("details", { class: "pp-more" }, words, html("div", { class: "pp-charts" }, ...charts));
}
