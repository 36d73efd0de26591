// @ts-check
// What is drawn of a node or link over time: its lines, their scales and points, in words and as a path.

/** @import { LinkData, PartData, WorkloadData } from "./types" */
/** @import { Run } from "./run.js" */
import { peakOf } from "./numbers.js";
import { isLink, occurs } from "./run.js";
import { formatCount, formatSeconds } from "./text.js";

/**
 * A line or area: which series, how it is drawn (classes), what it is called, and which scale it shares.
 * @typedef {{ kind: "rates" | "levels", name: string, words: string, unit: string, scale: string,
 *   line?: string, area?: string }} Line
 */
/** @typedef {[x: string, y: string]} Point */

/**
 * @param {PartData} part
 * @returns {Line[]}
 */
export function linesOf(part) {
  if (isLink(part)) return linesOfLink(part);
  if (part.kind === "workload") return linesOfWorkload(part);
  if (part.kind === "service") {
    return [
      { kind: "levels", name: "busy", area: "", line: "pp-s1", words: "busy", unit: "", scale: "busy" },
      { kind: "levels", name: "waiting", line: "pp-s2", words: "waiting", unit: "", scale: "waiting" },
    ];
  }
  return [
    { kind: "levels", name: "backlog", area: "pp-orange", line: "pp-s3", words: "waiting", unit: "", scale: "backlog" },
    { kind: "levels", name: "in flight", line: "pp-s1", words: "in hand", unit: "", scale: "backlog" },
  ];
}

/**
 * @param {LinkData} link
 * @returns {Line[]}
 */
function linesOfLink(link) {
  const others = [
    ["failures", "pp-s2", "fail"],
    ["retries", "pp-s3", "again"],
    ["short-circuited", "pp-s0", "stopped"],
  ];
  const sent = link.kind === "dead letters" ? "moved" : "sent";
  return [["attempts", "pp-s1", sent], ...others.filter(([name]) => occurs(link, name))].map(([name, line, words]) => {
    return { kind: "rates", name, line, words, unit: "/s", scale: "flow" };
  });
}

/**
 * @param {WorkloadData} node
 * @returns {Line[]}
 */
function linesOfWorkload(node) {
  const isSame = JSON.stringify(node.rates.done) === JSON.stringify(node.rates.answered);
  /** @type {Line[]} */
  const lines = [
    { kind: "rates", name: "goodput", area: "pp-green", words: "well served", unit: "/s", scale: "flow" },
    { kind: "rates", name: "offered", line: "pp-s0", words: "arrive", unit: "/s", scale: "flow" },
    { kind: "rates", name: "answered", line: "pp-s1", words: "answered", unit: "/s", scale: "flow" },
  ];
  if (!isSame) lines.push({ kind: "rates", name: "done", line: "pp-s2", words: "done", unit: "/s", scale: "flow" });
  return lines;
}

/**
 * The name under which a scale is kept.
 * @param {PartData} part
 * @param {string} scale
 */
export function scaleKey(part, scale) {
  return `${part.kind} ${part.name} ${scale}`;
}

/**
 * The top of every scale over all runs, so that two pictures next to each other can be compared.
 * @param {Run[]} runs
 */
export function scalesOf(runs) {
  /** @type {Map<string, number>} */
  const tops = new Map();
  for (const part of runs.flatMap((run) => [...run.data.nodes, ...run.data.links])) {
    for (const line of linesOf(part)) {
      const key = scaleKey(part, line.scale);
      tops.set(key, Math.max(tops.get(key) ?? leastTop(part, line.scale), peakOf(part[line.kind][line.name])));
    }
  }
  return tops;
}

/**
 * @param {PartData} part
 * @param {string} scale
 */
function leastTop(part, scale) {
  if (scale === "busy") return ("workers" in part ? part.workers : null) ?? 1;
  return scale === "flow" ? 1 : 5; // a line of one or two is no mountain
}

/**
 * The seconds from one value of a line to the next.
 * @param {Run} run
 * @param {Line} line
 */
export function stepOf(run, line) {
  return line.kind === "rates" ? run.data.rate_s : run.data.level_s;
}

/**
 * The points of a line in a picture of 1000 by 100, which shows *end* seconds and values up to *top*.
 * @param {Run} run
 * @param {PartData} part
 * @param {Line} line
 * @param {number} end
 * @param {number} top
 * @returns {Point[]}
 */
export function pointsOf(run, part, line, end, top) {
  const series = part[line.kind][line.name] ?? 0;
  const step = stepOf(run, line);
  const y = (/** @type {number} */ value) => (100 - (100 * value) / top).toFixed(1);
  const x = (/** @type {number} */ time) => ((1000 * time) / end).toFixed(1);
  if (typeof series !== "number") return series.map((value, i) => [x((i + 0.5) * step), y(value)]);
  return [
    ["0", y(series)],
    [x(run.data.end_s), y(series)],
  ];
}

/**
 * @param {Run} run
 * @param {PartData} part
 * @param {Line[]} lines
 */
export function summaryOf(run, part, lines) {
  const peaks = lines.map((line) => {
    const series = part[line.kind][line.name];
    const peak = peakOf(series);
    const at = Array.isArray(series) ? Math.round(series.indexOf(peak) * stepOf(run, line) * 10) / 10 : null;
    return `${line.words} up to ${formatCount(peak)}${line.unit}` + (at === null ? "" : ` at ${formatSeconds(at)}`);
  });
  return `${part.name.replace(" -> ", " to ")} over time: ${peaks.join(", ")}`;
}

/**
 * The instants that an axis names: round ones, at most five.
 * @param {number} end
 */
export function ticksOf(end) {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400];
  const step = steps.find((each) => end / each <= 4) ?? end / 4;
  const ticks = [];
  for (let at = 0; at <= end; at += step) ticks.push(at);
  return ticks;
}
