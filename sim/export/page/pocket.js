// The pocket page: a prediction, then switches that answer at once, because everything was played beforehand.
const all = JSON.parse(document.getElementById("pocket-data").textContent);
const root = document.getElementById("pocket");
const ANSWERS = [["nearly all", 0.9, 1], ["more than half", 0.5, 0.9], ["less than half", 0.1, 0.5], ["hardly any", 0, 0.1]];
const played = new Map(all.entries.map((entry) => [keyOfEntry(entry.variant, entry.toggles), entry]));
const predicted = new Map();
let variant = all.variants[0], on = new Set(), replay = null, lab = null;

function keyOfEntry(name, toggles) {
  return JSON.stringify([name, all.toggles.map((toggle) => toggle.name).filter((each) => toggles.includes(each))]);
}

function tag(name, attributes, ...words) {
  const element = make(name, attributes);
  element.append(...words);
  return element;
}

function share(value) {
  return value === null ? "–" : value > 0 && value < 0.001 ? "under 0.1%" : value < 1 && value > 0.999 ? "over 99.9%" : `${(100 * value).toFixed(value < 0.1 || value > 0.9 ? 1 : 0)}%`;
}

function when(entry) {
  return entry.during === "fault" ? "during the fault" : "in the whole run";
}

/** A row of answers of which one can be chosen. */
function choices(name, legend, answers, chosen, choose) {
  const row = tag("div", { class: "choices" });
  for (const words of answers) {
    const input = make("input", { type: "radio", name, value: words });
    input.checked = words === chosen;
    input.addEventListener("change", () => choose(words));
    row.append(tag("label", {}, words || "as written", input));
  }
  return tag("fieldset", {}, tag("legend", {}, legend), row);
}

function ask() {
  const first = played.get(keyOfEntry(variant, []));
  root.append(tag("h2", {}, "First, your prediction"));
  for (const { of } of first.numbers.slice(0, 2)) {
    const legend = `How many ${of} are well served ${when(first)}` + (variant ? `, ${variant}?` : "?");
    root.append(choices(`predict-${of}`, legend, ANSWERS.map((each) => each[0]), null, (words) => predicted.set(of, words)));
  }
  const go = tag("button", { type: "button", class: "go" }, "Show what happens");
  go.addEventListener("click", () => { root.replaceChildren(); build(); lab.numbers.focus(); });
  root.append(go);
}

function build() {
  lab = { numbers: tag("div", { class: "numbers", tabindex: -1, "aria-live": "polite", role: "group", "aria-label": "Measured" }), others: tag("p", { class: "quiet" }), note: tag("p", { class: "quiet" }) };
  root.append(lab.numbers, lab.others);
  if (all.variants.length > 1) root.append(choices("variant", "Design", all.variants, variant, (words) => { variant = words; on = new Set([...on].filter((name) => isFor(name))); flip(); }));
  lab.switches = all.toggles.map((toggle) => {
    const input = make("input", { type: "checkbox" }), about = tag("small", {}, toggle.about);
    const label = tag("label", { class: "switch" }, input, tag("span", {}, toggle.name), about);
    input.addEventListener("change", () => { if (input.checked) on.add(toggle.name); else on.delete(toggle.name); flip(); });
    return { toggle, input, label, about };
  });
  if (lab.switches.length) root.append(tag("fieldset", {}, tag("legend", {}, "Switches"), ...lab.switches.map((each) => each.label)));
  lab.replay = tag("div");
  root.append(tag("h2", {}, "Watch it"), lab.note, lab.replay, ...closing());
  flip();
}

function isFor(name) {
  const toggle = all.toggles.find((each) => each.name === name);
  return !toggle.for.length || toggle.for.includes(variant);
}

function closing() {
  const made = [];
  if (all.lesson) made.push(tag("details", {}, tag("summary", {}, "What it teaches"), tag("p", {}, all.lesson)));
  const facts = tag("ul", {}, ...[...all.assumptions, ...all.left_out.map((words) => `Left out of this page: ${words}`)].map((words) => tag("li", {}, words)));
  const told = `${all.entries.length} combinations, ${all.replications} replication${all.replications === 1 ? "" : "s"} each, seed ${all.seed}, the same arrivals and faults for all. The replay shows the first. Pileup ${all.version}.`;
  made.push(tag("details", {}, tag("summary", {}, "What is behind the numbers"), tag("p", {}, told), facts));
  return made;
}

/** Shows the chosen combination. */
function flip() {
  const entry = played.get(keyOfEntry(variant, [...on]));
  for (const { toggle, input, label, about } of lab.switches) {
    const next = new Set(on);
    if (next.has(toggle.name)) next.delete(toggle.name); else next.add(toggle.name);
    const can = isFor(toggle.name) && played.has(keyOfEntry(variant, [...next]));
    input.checked = on.has(toggle.name);
    input.disabled = !can && !input.checked;
    label.classList.toggle("off", input.disabled);
    const why = !isFor(toggle.name) ? `Only ${toggle.for.join(", ")}. ` : can || input.checked ? "" : "Not played together with what is on. ";
    say(about, why + toggle.about);
  }
  lab.numbers.replaceChildren(...entry.numbers.slice(0, 2).map((each) => card(entry, each)));
  say(lab.others, entry.numbers.slice(2).map((each) => `${each.of}: ${share(each.mean)}`).join(" · "));
  say(lab.note, entry.replay ? "" : "This combination was played for its numbers; its replay did not fit into the page.");
  if (entry.replay) {
    if (replay) replay.update(entry.replay, { autoplay: true }); else replay = mount(lab.replay, entry.replay, { series: false, at: firstFault(entry.replay), heading: false });
  }
  lab.replay.hidden = !entry.replay;
}

function firstFault(data) {
  return data.faults.length ? Math.min(data.end_s, data.faults[0].at_s + 5) : 0;
}

function card(entry, each) {
  const parts = [tag("small", {}, `${each.of} well served ${when(entry)}`), tag("b", {}, share(each.mean))];
  const spread = each.low === null || each.runs < 2 ? "one run" : `95% interval ${share(each.low)} to ${share(each.high)}`;
  parts.push(tag("small", {}, `${spread}, n = ${each.n.toLocaleString("en-US")}`));
  if (each.after !== null) parts.push(tag("small", {}, `${share(each.after)} after it`));
  const said = predicted.get(each.of), isFirst = variant === all.variants[0] && !on.size;
  if (said && isFirst && each.mean !== null) {
    const [, low, high] = ANSWERS.find((answer) => answer[0] === said), right = each.mean >= low && each.mean <= high;
    parts.push(tag("small", { class: "said" }, `${right ? "✓" : "✕"} You said ${said}.`));
  }
  return tag("div", { class: "number" + (each.mean !== null && each.mean < 0.9 ? " low" : "") }, ...parts);
}

ask();
