// @ts-check
// The pocket page: a prediction, then switches that answer at once, because everything was played beforehand.

/** @import { Handle } from "../player/types" */
/** @import { Child } from "../common/dom.js" */
/** @import { Entry, Figure, Pocket } from "./pocket_data.js" */
import { html, setText } from "../common/dom.js";
import { mount, readJson } from "../player/mount.js";
import { ANSWERS, Combinations, firstFault, isRight, shareText, whenText } from "./pocket_data.js";

const SHOWN = 2; // workloads with a card of their own

class Page {
  /**
   * @param {Element} root
   * @param {Pocket} all
   */
  constructor(root, all) {
    this.root = root;
    this.all = all;
    this.combinations = new Combinations(all);
    this.variant = all.variants[0];
    /** @type {Set<string>} */
    this.on = new Set();
    /** @type {Map<string, string>} */
    this.predicted = new Map();
    /** @type {Handle | null} */
    this.replay = null;
    const numbers = { class: "numbers", tabindex: -1, "aria-live": "polite", role: "group", "aria-label": "Measured" };
    this.numbers = html("div", numbers);
    this.others = html("p", { class: "quiet" });
    this.note = html("p", { class: "quiet" });
    this.host = html("div");
    this.switches = all.toggles.map((toggle) => {
      const input = html("input", { type: "checkbox" });
      const about = html("small", {}, toggle.about);
      const label = html("label", { class: "switch" }, input, html("span", {}, toggle.name), about);
      input.addEventListener("change", () => this.flip(toggle.name, input.checked));
      return { toggle, input, label, about };
    });
  }

  ask() {
    const first = this.combinations.find(this.variant, []);
    if (!first) return;
    this.root.append(html("h2", {}, "First, your prediction"));
    for (const { of } of first.numbers.slice(0, SHOWN)) {
      const design = this.variant ? `, ${this.variant}?` : "?";
      const legend = `How many ${of} are well served ${whenText(first)}${design}`;
      const words = ANSWERS.map((answer) => answer[0]);
      this.root.append(choices(`predict-${of}`, legend, words, null, (word) => this.predicted.set(of, word)));
    }
    const go = html("button", { type: "button", class: "go" }, "Show what happens");
    go.addEventListener("click", () => {
      this.build();
      this.numbers.focus();
    });
    this.root.append(go);
  }

  build() {
    const { variants } = this.all;
    const design = choices("variant", "Design", variants, this.variant, (words) => this.choose(words));
    const labels = this.switches.map(({ label }) => label);
    const switches = html("fieldset", {}, html("legend", {}, "Switches"), ...labels);
    this.root.replaceChildren(this.numbers, this.others);
    if (variants.length > 1) this.root.append(design);
    if (labels.length) this.root.append(switches);
    this.root.append(html("h2", {}, "Watch it"), this.note, this.host, ...this.closing());
    this.show();
  }

  closing() {
    const { lesson, assumptions, left_out, entries, replications, seed, version } = this.all;
    const lines = [...assumptions, ...left_out.map((words) => `Left out of this page: ${words}`)];
    const runs = `${replications} replication${replications === 1 ? "" : "s"} each`;
    const same = "the same arrivals and faults for all. The replay shows the first.";
    const about = `${entries.length} combinations, ${runs}, seed ${seed}, ${same} Pileup ${version}.`;
    const facts = html("ul", {}, ...lines.map((words) => html("li", {}, words)));
    return [
      ...(lesson ? [details("What it teaches", html("p", {}, lesson))] : []),
      details("What is behind the numbers", html("p", {}, about), facts),
    ];
  }

  /** @param {string} variant */
  choose(variant) {
    this.variant = variant;
    this.on = this.combinations.kept(variant, this.on);
    this.show();
  }

  /**
   * @param {string} name
   * @param {boolean} isOn
   */
  flip(name, isOn) {
    if (isOn) this.on.add(name);
    else this.on.delete(name);
    this.show();
  }

  /** Shows the chosen combination. */
  show() {
    const entry = this.combinations.find(this.variant, this.on);
    if (!entry) return;
    for (const { toggle, input, label, about } of this.switches) {
      const obstacle = this.combinations.obstacle(toggle, this.variant, this.on);
      input.checked = this.on.has(toggle.name);
      input.disabled = obstacle !== "";
      label.classList.toggle("off", input.disabled);
      setText(about, obstacle ? `${obstacle} ${toggle.about}` : toggle.about);
    }
    this.numbers.replaceChildren(...entry.numbers.slice(0, SHOWN).map((figure) => this.card(entry, figure)));
    setText(
      this.others,
      entry.numbers
        .slice(SHOWN)
        .map(({ of, mean }) => `${of}: ${shareText(mean)}`)
        .join(" · "),
    );
    const bare = "This combination was played for its numbers; its replay did not fit into the page.";
    setText(this.note, entry.replay ? "" : bare);
    this.host.hidden = !entry.replay;
    if (!entry.replay) return;
    if (this.replay) this.replay.update(entry.replay, { autoplay: true });
    else this.replay = mount(this.host, entry.replay, { series: false, at: firstFault(entry.replay), heading: false });
  }

  /**
   * @param {Entry} entry
   * @param {Figure} figure
   */
  card(entry, figure) {
    const { of, mean, low, high, after, n, runs } = figure;
    const isOne = low === null || runs < 2;
    const spread = isOne ? "one run" : `95% interval ${shareText(low)} to ${shareText(high)}`;
    const parts = [
      html("small", {}, `${of} well served ${whenText(entry)}`),
      html("b", {}, shareText(mean)),
      html("small", {}, `${spread}, n = ${n.toLocaleString("en-US")}`),
    ];
    if (after !== null) parts.push(html("small", {}, `${shareText(after)} after it`));
    const said = this.predicted.get(of);
    const isFirst = this.variant === this.all.variants[0] && !this.on.size;
    if (said && isFirst && mean !== null) {
      parts.push(html("small", { class: "said" }, `${isRight(said, mean) ? "✓" : "✕"} You said ${said}.`));
    }
    return html("div", { class: "number" + (mean !== null && mean < 0.9 ? " low" : "") }, ...parts);
  }
}

/**
 * A row of answers of which one can be chosen.
 * @param {string} name
 * @param {string} legend
 * @param {string[]} answers
 * @param {string | null} chosen
 * @param {(words: string) => void} choose
 */
function choices(name, legend, answers, chosen, choose) {
  const row = html("div", { class: "choices" });
  for (const words of answers) {
    const input = html("input", { type: "radio", name, value: words });
    input.checked = words === chosen;
    input.addEventListener("change", () => choose(words));
    row.append(html("label", {}, words || "as written", input));
  }
  return html("fieldset", {}, html("legend", {}, legend), row);
}

/**
 * @param {string} heading
 * @param {...Child} inside
 */
function details(heading, ...inside) {
  return html("details", {}, html("summary", {}, heading), ...inside);
}

const root = document.getElementById("pocket");
if (root) new Page(root, readJson(document, "pocket-data")).ask();
