// @ts-check
// The series of one node or link, drawn on the player's clock.

/** @import { Controls, PartData, RunData } from "./types" */
/** @import { Line } from "./lines.js" */
/** @import { Run } from "./run.js" */
import { html, setText, svg } from "../common/dom.js";
import { linesOf, pointsOf, scaleKey, stepOf, summaryOf, ticksOf } from "./lines.js";
import { valueAt } from "./numbers.js";
import { formatCount, formatSeconds } from "./text.js";

const HEADROOM = 1.06; // a peak does not touch the edge

export class Chart {
  /**
   * The chart of a part, with its name and the values of the instant; of the part that was chosen (*isAlone*) with a key.
   * @param {Run} run
   * @param {PartData} part
   * @param {Controls} controls
   */
  constructor(run, part, controls, isAlone = false) {
    this.run = run;
    this.part = part;
    this.lines = linesOf(part);
    const { end, scales } = controls;
    const name = html("b");
    this.values = html("span", { class: "pp-now" });
    name.textContent = name.title = part.name;
    this.plot = html(
      "div",
      { class: "pp-plot", role: "img", "aria-label": summaryOf(run, part, this.lines) },
      ...bandsOf(run.data, end),
      this.picture(end, scales),
      ...this.topLabels(scales),
    );
    this.cursor = html("div", { class: "pp-head-line" });
    this.plot.append(this.cursor);
    const head = isAlone ? null : html("div", { class: "pp-chart-head" }, name, this.values);
    const swatches = this.lines.map((line) => swatch(line.line ?? `pp-area ${line.area}`, line.words));
    const key = isAlone ? html("p", { class: "pp-key" }, ...swatches) : null;
    this.root = html("div", { class: "pp-chart" }, head, this.plot, axis(end), key);
    controls.drag(this.plot, this.plot);
  }

  /**
   * @param {Line} line
   * @param {Map<string, number>} scales
   */
  top(line, scales) {
    return (scales.get(scaleKey(this.part, line.scale)) ?? 1) * HEADROOM;
  }

  /**
   * @param {number} end
   * @param {Map<string, number>} scales
   */
  picture(end, scales) {
    const picture = svg("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" });
    for (const line of this.lines) {
      const points = pointsOf(this.run, this.part, line, end, this.top(line, scales));
      if (line.area !== undefined) {
        const d = `M${points[0][0]},100 L${points.join(" ")} L${points[points.length - 1][0]},100 Z`;
        picture.append(svg("path", { class: `pp-area ${line.area}`, d }));
      }
      if (line.line) picture.append(svg("path", { class: line.line, d: "M" + points.join(" L") }));
    }
    return picture;
  }

  /**
   * What the top of the picture stands for, of at most two scales.
   * @param {Map<string, number>} scales
   */
  topLabels(scales) {
    const lastOfScale = new Map(this.lines.map((line) => [line.scale, line]));
    return [...lastOfScale.values()].slice(0, 2).map((line, i) => {
      const label = html("span", { class: "pp-top" + (i ? " pp-right" : "") });
      const top = formatCount(this.top(line, scales) / HEADROOM) + line.unit;
      label.textContent = top + (lastOfScale.size > 1 ? " " + line.words : "");
      return label;
    });
  }

  /**
   * Says the values of an instant, and puts the cursor at its *place* (a CSS percentage).
   * @param {number} time
   * @param {string} place
   */
  show(time, place) {
    this.cursor.style.left = place;
    const isSaid = (/** @type {Line} */ line) => line.area === undefined && line.name !== "offered";
    const said = this.part.kind === "workload" ? this.lines.filter(isSaid) : this.lines;
    const values = said.map((line) => {
      const value = valueAt(this.part[line.kind][line.name], stepOf(this.run, line), time);
      return `${formatCount(value)}${line.unit} ${line.words}`;
    });
    setText(this.values, values.join(" · "));
  }
}

/**
 * An entry of a key: how a line or an area is drawn, and what it is.
 * @param {string} name
 * @param {string} words
 */
export function swatch(name, words) {
  const sample = svg("path", { class: name, d: name.includes("area") ? "M0 2H24V14H0Z" : "M0 8H24" });
  const text = html("span");
  text.textContent = words;
  return html(
    "span",
    {},
    svg("svg", { viewBox: "0 0 24 16", class: "pp-sample", "aria-hidden": "true" }, sample),
    text,
  );
}

/**
 * Where the faults are, behind a chart or the bar.
 * @param {RunData} data
 * @param {number} end
 */
export function bandsOf(data, end) {
  return data.faults.map((fault) => {
    const band = html("div", { class: "pp-fault" });
    band.style.left = `${(100 * fault.at_s) / end}%`;
    band.style.width = `${(100 * (fault.until_s - fault.at_s)) / end}%`;
    return band;
  });
}

/** @param {number} end */
function axis(end) {
  const labels = ticksOf(end).map((at) => {
    const label = html("span");
    label.textContent = at === 0 ? "0 s" : formatSeconds(at);
    label.style.left = `${(100 * at) / end}%`;
    if (at > end * 0.94) label.className = "pp-last";
    return label;
  });
  return html("div", { class: "pp-axis", "aria-hidden": "true" }, ...labels);
}
