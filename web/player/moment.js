// @ts-check
// The numbers of this moment: of the node or link that was chosen, or of all.

/** @import { Controls, Fact, PartData } from "./types" */
/** @import { Run } from "./run.js" */
import { Chart } from "./chart.js";
import { html, setText, toggleClass } from "../common/dom.js";
import { isLink, kindOf, perSecond } from "./run.js";
import { formatPercent, formatSeconds } from "./text.js";

export class MomentPanel {
  /**
   * @param {Run[]} runs
   * @param {Controls} controls
   */
  constructor(runs, controls) {
    this.runs = runs;
    this.controls = controls;
    this.root = html("div", { class: "pp-moment" });
    /** @type {PartData | null} */
    this.part = null;
    /** @type {Run | null} */
    this.run = null;
    /** @type {Chart | null} */
    this.chart = null;
    /** @type {[HTMLElement, HTMLElement][]} */
    this.cells = [];
    this.list = html("dl");
    this.build();
  }

  /**
   * @param {number} time
   * @param {string} place
   */
  show(time, place) {
    const { selected } = this.controls;
    const run = selected ? this.runs[selected.run] : null;
    const part = (selected && run?.part(selected.part)) ?? null;
    if (run !== this.run || part !== this.part) {
      this.run = run;
      this.part = part;
      this.build();
    }
    this.showRows(run && part ? rowsOf(run, part, time) : overview(this.runs, time));
    this.chart?.show(time, place);
  }

  /** @param {Fact[]} rows */
  showRows(rows) {
    while (this.cells.length < rows.length) {
      /** @type {[HTMLElement, HTMLElement]} */
      const cell = [html("dt"), html("dd")];
      this.list.append(...cell);
      this.cells.push(cell);
    }
    this.cells.forEach(([what, value], i) => {
      const row = rows[i];
      what.hidden = value.hidden = !row;
      if (!row) return;
      setText(what, row[0]);
      setText(value, row[1]);
      toggleClass(what, "pp-group", row[1] === "");
      toggleClass(value, "pp-bad", Boolean(row[2]));
    });
  }

  build() {
    const { run, part, controls } = this;
    const head = html(controls.heading);
    this.list = html("dl");
    this.cells = [];
    this.chart = null;
    if (!run || !part) {
      head.textContent = "At this moment";
      const hint = html("p", { class: "pp-muted", style: "margin:.6em 0 0" });
      hint.textContent = "Choose a box, a circle or a link for its numbers.";
      this.root.replaceChildren(head, this.list, hint);
      return;
    }
    head.textContent = part.name.replace(" -> ", " → ") + " ";
    const kind = html("small");
    const about = isLink(part) ? part.policies : [part.size, ...part.rules];
    const of = this.runs.length > 1 ? run.data.label : "";
    kind.textContent = [kindOf(part), ...about, of].filter(Boolean).join(", ");
    head.append(kind);
    const close = html("button", { type: "button", class: "pp-close" });
    close.textContent = "Close";
    close.addEventListener("click", () => controls.select(0, null));
    this.root.replaceChildren(close, head, this.list);
    if (!isLink(part)) return;
    this.chart = new Chart(run, part, controls, true);
    this.root.append(this.chart.root);
  }
}

/**
 * The facts of a part; of a node with those of the links that leave it.
 * @param {Run} run
 * @param {PartData} part
 * @param {number} time
 */
export function rowsOf(run, part, time) {
  const rows = run.facts(part, time);
  if (isLink(part)) return rows;
  for (const link of run.data.links) {
    if (link.caller !== part.name) continue;
    const facts = run.linkFacts(link, time);
    const policies = link.policies.length ? ` (${link.policies.join(", ")})` : "";
    rows.push([`→ ${link.callee}${policies}`, perSecond(facts.attempts)]);
    if (facts.retries > 0) rows.push(["of them tried again", perSecond(facts.retries)]);
    if (facts.failures > 0) rows.push(["fail", perSecond(facts.failures), true]);
    if (facts.breaker) rows.push(["circuit breaker", facts.breaker, facts.breaker !== "closed"]);
    if (facts.stopped > 0) rows.push(["stopped by it", perSecond(facts.stopped)]);
  }
  return rows;
}

/**
 * How the clients of all runs are served, and the faults that are active.
 * @param {Run[]} runs
 * @param {number} time
 */
export function overview(runs, time) {
  /** @type {Fact[]} */
  const rows = [];
  for (const run of runs) {
    if (runs.length > 1) rows.push([run.data.label, ""]);
    for (const node of run.data.nodes) {
      if (node.kind !== "workload") continue;
      const good = run.rate(node, "good", time);
      rows.push([`${node.name} well served`, good < 0 ? "–" : formatPercent(good), good >= 0 && good < 95]);
    }
  }
  for (const fault of runs[0].activeFaults(time)) {
    rows.push([`fault: ${fault.name}`, `${formatSeconds(Math.round(fault.until_s - time))} left`, true]);
  }
  return rows;
}
