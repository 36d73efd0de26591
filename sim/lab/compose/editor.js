// A text editor for scenarios: a textarea (so that undo, touch and screen readers work as everywhere) over a painted
// copy of its text. What the server says (problems, help) comes as JSON and is written with textContent only.

const KEY = /([A-Za-z0-9_][\w >-]*?)[ ]*:(?=\s|$)/g;
const WORD = /[\w -]*$/;

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// --- the draft: what was written last, kept in this browser, so that a reload brings it back ---

const DRAFT = "pileup draft";

function kept() {
  try { return localStorage.getItem(DRAFT); } catch { return null; }
}

function keep(text) {
  try { localStorage.setItem(DRAFT, text); } catch { /* a browser that keeps nothing */ }
}

// --- where in the document the cursor is: block keys by indentation, then braces and brackets ---

function withoutComment(line) {
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quote) { if (c === quote) quote = ""; }
    else if ((c === '"' || c === "'") && /[\s[{,:]/.test(line[i - 1] || " ")) quote = c;
    else if (c === "#" && (i === 0 || /\s/.test(line[i - 1]))) return line.slice(0, i);
  }
  return line;
}

export function pathAt(text, at) {
  const block = [];                       // {indent, key}
  let flow = [], folded = -1;             // open braces: {list, key}
  for (const raw of text.slice(0, at).split("\n")) {
    const indent = raw.length - raw.trimStart().length;
    if (folded >= 0) { if (!raw.trim() || indent > folded) continue; folded = -1; }
    let rest = withoutComment(raw);
    if (!flow.length) {
      if (!rest.trim() && raw.trim()) continue;
      let begin = indent;
      let lead = /^\s*-\s+/.exec(rest);
      if (lead) begin = lead[0].length;
      if (rest.trim() || raw === "" || indent > 0) while (block.length && block[block.length - 1].indent >= begin) block.pop();
      const found = /^([^\s#{[\]},"'-][^:#{[]*?|"[^"]*")\s*:(?=\s|$)/.exec(rest.slice(begin));
      if (found) {
        block.push({ indent: begin, key: found[1].replace(/"/g, "") });
        rest = rest.slice(begin + found[0].length);
        if (/^\s*[|>][+-]?\d?\s*$/.test(rest)) folded = begin;
      } else rest = rest.slice(begin);
    }
    let word = "", quote = "";
    for (let i = 0; i < rest.length; i++) {
      const c = rest[i], top = flow[flow.length - 1];
      if (quote) { if (c === quote) quote = ""; else word += c; continue; }
      if ((c === '"' || c === "'") && !word.trim()) { quote = c; continue; }
      if (c === "{" || c === "[") { flow.push({ list: c === "[", key: null }); word = ""; }
      else if (c === "}" || c === "]") { flow.pop(); word = ""; }
      else if (c === "," && top) { top.key = null; word = ""; }
      else if (c === ":" && top && !top.list && /^(\s|$)/.test(rest[i + 1] || "")) { top.key = word.trim(); word = ""; }
      else word += c;
    }
  }
  const path = block.map((one) => one.key);
  for (const one of flow) if (one.key !== null) path.push(one.key);
  const top = flow[flow.length - 1];
  return { path, inValue: top ? (top.list ? false : top.key !== null) : afterColon(text, at), inFlow: flow.length > 0 };
}

function afterColon(text, at) {
  const line = withoutComment(text.slice(text.lastIndexOf("\n", at - 1) + 1, at));
  return /^\s*(?:-\s+)?[^\s:#][^:#]*:(\s|$)/.test(line);
}

const clean = (key) => key.replace(/_/g, " ").replace(/\s+/g, " ").trim();

// What may stand at a path: kinds are {def}, {map}, {list}; the help tree comes from the models of the format.
export function kindsAt(help, path) {
  let kinds = [{ def: "Scenario" }];
  for (const key of path) {
    const next = [];
    for (const kind of opened(kinds)) {
      if (kind.map) next.push(...kind.map);
      else if (kind.def) {
        const found = (help[kind.def] || { keys: {} }).keys[clean(key)];
        if (found) next.push(...(found.of || []));
      }
    }
    kinds = next;
  }
  return opened(kinds);
}

function opened(kinds) {
  return kinds.flatMap((kind) => (kind.list ? opened(kind.list) : [kind]));
}

function explain(help, path) {
  if (!path.length) return null;
  for (const kind of kindsAt(help, path.slice(0, -1))) {
    const found = kind.def && help[kind.def] && help[kind.def].keys[clean(path[path.length - 1])];
    if (found) return found;
  }
  for (const kind of kindsAt(help, path)) if (kind.def && help[kind.def]) return { about: help[kind.def].about, type: "" };
  return null;
}

// --- the editor ---

class Editor {
  constructor(root) {
    this.problems = [];
    this.help = {};
    this.edit = 0;
    this.revision = null;
    this.offered = [];
    this.chosen = 0;
    this.hits = null;
    this.build(root);
    this.listen();
  }

  build(root) {
    const make = (tag, name, extra) => element(tag, { class: name, ...extra });
    this.box = make("div", "editor");
    this.state = make("div", "state", { role: "status" });
    this.findButton = element("button", { type: "button" }, "Find");
    this.commentButton = element("button", { type: "button", title: "Ctrl+/" }, "Comment");
    this.find = make("div", "find", { role: "search" });
    this.query = element("input", { type: "search", "aria-label": "Find in the text", placeholder: "Find in the text" });
    this.count = element("span", { role: "status" });
    this.next = element("button", { type: "button" }, "Next");
    this.find.append(this.query, this.next, this.count);
    this.gutter = make("div", "gutter", { "aria-hidden": "true" });
    this.paint = make("pre", "paint", { "aria-hidden": "true" });
    this.area = element("textarea", {
      spellcheck: "false", autocapitalize: "off", autocomplete: "off", autocorrect: "off", wrap: "off",
      "aria-label": "Scenario in YAML. Tab indents; press Escape, then Tab, to leave.",
    });
    this.offers = make("ul", "offers", { role: "listbox", "aria-label": "Keys that may stand here" });
    const field = make("div", "field");
    field.append(this.paint, this.area);
    const pane = make("div", "pane");
    pane.append(this.gutter, field, this.offers);
    this.pane = pane;
    this.about = make("div", "help", { tabindex: "-1" });
    this.list = make("ul", "problems", { "aria-label": "Problems" });
    const keys = make("p", "keys");
    keys.textContent = "Tab indents · Ctrl+Space completes · F1 explains the key · F8 next problem · Ctrl+F finds · Esc, Tab leaves";
    const bar = make("div", "bar");
    bar.append(this.state, this.findButton, this.commentButton);
    this.box.append(bar, this.find, pane, this.list, this.about, keys);
    root.append(this.box);
  }

  listen() {
    const area = this.area;
    area.addEventListener("input", () => { this.changed(); this.offer(false); });
    area.addEventListener("scroll", () => this.scrolled());
    area.addEventListener("keydown", (event) => this.pressed(event));
    area.addEventListener("blur", () => { this.closeOffers(); this.flush(); });
    for (const name of ["keyup", "click", "select"]) area.addEventListener(name, () => this.explain());
    this.commentButton.addEventListener("click", () => { this.comment(); area.focus(); });
    this.findButton.addEventListener("click", () => this.openFind());
    this.query.addEventListener("input", () => this.search());
    this.next.addEventListener("click", () => this.nextHit());
    this.query.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); this.nextHit(); }
      if (event.key === "Escape") { this.find.classList.remove("open"); this.hits = null; this.draw(); area.focus(); }
      event.stopPropagation();
    });
  }

  update(data, send) {
    this.send = send;
    this.help = data.help || this.help;
    if (data.revision !== this.revision) {          // the server has another text: a template, a file, the table
      this.revision = data.revision;
      clearTimeout(this.timer);
      const draft = data.begins ? kept() : null;
      if (draft === null && !data.begins) keep(data.text);
      if (this.area.value !== (draft ?? data.text)) this.area.value = draft ?? data.text;
      this.edit = 0;
      if (draft !== null && draft !== data.text) { this.edit = 1; this.flush(); }
    }
    if (data.edit === undefined || data.edit === this.edit || this.edit === 0) this.problems = data.problems || [];
    const shade = getComputedStyle(this.box).getPropertyValue("--st-background-color").trim();
    this.box.classList.toggle("dark", isDark(shade));
    this.draw();
    this.explain();
    this.tell();
  }

  changed() {
    this.edit += 1;
    keep(this.area.value);
    this.draw();
    this.explain();
    this.state.textContent = "checking…";
    this.state.className = "state";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), 350);
  }

  flush() {
    clearTimeout(this.timer);
    if (this.edit > 0 && this.sent !== `${this.revision}/${this.edit}`) {
      this.sent = `${this.revision}/${this.edit}`;
      this.send("code", { text: this.area.value, edit: this.edit, revision: this.revision });
    }
  }

  // --- drawing ---

  draw() {
    const lines = this.area.value.split("\n");
    const by = new Map();
    for (const one of this.problems) {
      if (!one.line) continue;
      if (!by.has(one.line)) by.set(one.line, []);
      by.get(one.line).push(one);
    }
    const gutter = document.createDocumentFragment();
    const paint = document.createDocumentFragment();
    let at = 0;
    lines.forEach((line, i) => {
      const here = by.get(i + 1) || [];
      const level = here.some((one) => one.level === "bad") ? "bad" : here.length ? "warn" : "";
      const number = element("div", level ? { class: level, title: here.map((one) => one.text).join("\n") } : {});
      number.textContent = (level === "bad" ? "✕ " : level === "warn" ? "! " : "") + (i + 1);
      gutter.append(number);
      this.paintLine(paint, line, at, here);
      paint.append("\n");
      at += line.length + 1;
    });
    this.gutter.replaceChildren(gutter);
    this.paint.replaceChildren(paint);
    this.scrolled();
  }

  paintLine(into, line, at, problems) {
    const marks = new Array(line.length).fill("");
    const body = withoutComment(line).length;
    for (let i = body; i < line.length; i++) marks[i] = "c";
    KEY.lastIndex = 0;
    for (let found; (found = KEY.exec(line.slice(0, body)));) {
      for (let i = found.index; i < found.index + found[1].length; i++) marks[i] = "k";
    }
    for (const one of [...problems].reverse()) {
      const from = Math.min(Math.max(0, one.column - 1), Math.max(0, line.length - 1));
      const word = /^[^\s,{}[\]:]+/.exec(line.slice(from));
      const to = from + Math.max(1, word ? word[0].length : 1);
      for (let i = from; i < Math.min(to, line.length); i++) marks[i] += " " + one.level;
    }
    for (const hit of this.hits || []) {
      for (let i = hit - at; i < hit - at + this.query.value.length; i++) if (i >= 0 && i < line.length) marks[i] += " hit";
    }
    for (let i = 0; i < line.length;) {
      let j = i + 1;
      while (j < line.length && marks[j] === marks[i]) j++;
      const piece = line.slice(i, j);
      into.append(marks[i] ? element("span", { class: marks[i].trim() }, piece) : piece);
      i = j;
    }
    if (!line.length && problems.length) into.append(element("span", { class: problems[0].level }, " "));
  }

  scrolled() {
    this.paint.style.transform = `translate(${-this.area.scrollLeft}px, ${-this.area.scrollTop}px)`;
    this.gutter.scrollTop = this.area.scrollTop;
  }

  tell() {
    const bad = this.problems.filter((one) => one.level === "bad").length;
    const warn = this.problems.length - bad;
    const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
    this.state.textContent = bad ? `✕ ${many(bad, "problem")}` : warn ? `! valid, ${many(warn, "warning")}` : "✓ valid";
    this.state.className = "state " + (bad ? "bad" : warn ? "warn" : "");
    this.list.replaceChildren(...this.problems.map((one) => {
      const button = element("button", { type: "button" });
      const place = element("b", {});
      place.textContent = one.line ? `${one.level === "bad" ? "✕" : "!"} ${one.line}:${one.column} ` : one.level === "bad" ? "✕ " : "! ";
      button.append(place, one.text);
      if (one.line) button.addEventListener("click", () => this.goTo(one.line, one.column));
      return element("li", { class: one.level }, button);
    }));
  }

  goTo(line, column) {
    const lines = this.area.value.split("\n");
    const at = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + Math.max(0, column - 1);
    this.area.focus();
    this.area.setSelectionRange(at, at);
    this.area.scrollTop = Math.max(0, (line - 6) * this.lineHeight());
    this.explain();
  }

  lineHeight() { return parseFloat(getComputedStyle(this.area).lineHeight) || 20; }

  // --- help and completion ---

  explain() {
    const text = this.area.value, at = this.area.selectionStart;
    const begin = text.lastIndexOf("\n", at - 1) + 1;
    const stop = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    const line = text.slice(begin, stop);
    let path = null;
    KEY.lastIndex = 0;
    for (let found; (found = KEY.exec(line));) {
      const from = begin + found.index, to = from + found[1].length;
      if (at >= from && at <= to) path = [...pathAt(text, from).path, found[1]];
    }
    if (path === null) path = pathAt(text, at).path;
    const found = explain(this.help, path);
    this.about.replaceChildren();
    if (!path.length) { this.about.textContent = "Put the cursor on a key to read what it means."; return; }
    this.about.append(element("code", {}, path.join(" › ")));
    if (found) this.about.append(` ${found.type ? `(${found.type}) ` : ""}${found.about}`);
    else this.about.append(" – a name of your own, or a key that the format does not have");
  }

  offer(asked) {
    const text = this.area.value, at = this.area.selectionStart;
    const here = pathAt(text, at);
    const before = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
    const typed = (here.inFlow ? before.split(/[{[,:]/).pop() : before.replace(/^\s*-\s+/, "")).match(WORD)[0].trimStart();
    if (!asked && (typed.trim().length < 2 || /#/.test(before))) return this.closeOffers();
    let words;
    if (here.inValue) {
      const found = explain(this.help, here.path);
      words = ((found && found.words) || []).map((word) => ({ word, rest: "" }));
    } else {
      const path = here.inFlow ? here.path : this.parentPath(text, at);
      const keys = new Map();
      for (const kind of kindsAt(this.help, path)) {
        if (kind.def && this.help[kind.def]) for (const [key, one] of Object.entries(this.help[kind.def].keys)) keys.set(key, one);
      }
      words = [...keys].map(([word, one]) => ({ word, rest: ": ", about: one.about }));
    }
    this.offered = words.filter((one) => one.word.startsWith(typed.toLowerCase()) && one.word !== typed).slice(0, 40);
    this.typed = typed;
    if (!this.offered.length) return this.closeOffers();
    this.chosen = 0;
    this.showOffers();
  }

  parentPath(text, at) {
    const begin = text.lastIndexOf("\n", at - 1) + 1;
    const indent = /^[\s]*(?:-\s+)?/.exec(text.slice(begin, at))[0].length;
    return pathAt(text.slice(0, begin) + " ".repeat(indent) + "x", begin + indent + 1).path;
  }

  showOffers() {
    this.offers.replaceChildren(...this.offered.map((one, i) => {
      const row = element("li", { role: "option", "aria-selected": String(i === this.chosen), title: one.about || "" });
      row.textContent = one.word;
      row.addEventListener("mousedown", (event) => { event.preventDefault(); this.chosen = i; this.accept(); });
      return row;
    }));
    const before = this.area.value.slice(0, this.area.selectionStart);
    const lines = before.split("\n");
    const top = lines.length * this.lineHeight() + 10 - this.area.scrollTop;
    const left = lines[lines.length - 1].length * this.charWidth() + this.gutter.offsetWidth - this.area.scrollLeft;
    this.offers.classList.add("open");
    const high = this.offers.offsetHeight;
    this.offers.style.top = `${top + high > this.pane.clientHeight ? Math.max(0, top - high - this.lineHeight() - 4) : top}px`;
    this.offers.style.left = `${Math.max(0, Math.min(left, this.pane.clientWidth - this.offers.offsetWidth - 8))}px`;
    const row = this.offers.children[this.chosen];
    if (row) row.scrollIntoView({ block: "nearest" });
  }

  charWidth() {
    if (!this.width) {
      const probe = element("span", {}, "m".repeat(50));
      this.paint.append(probe);
      this.width = probe.getBoundingClientRect().width / 50;
      probe.remove();
    }
    return this.width;
  }

  closeOffers() { this.offers.classList.remove("open"); this.offers.replaceChildren(); this.offered = []; }

  accept() {
    const one = this.offered[this.chosen];
    this.insert(one.word.slice(this.typed.length) + one.rest);
    this.closeOffers();
  }

  // --- keys ---

  insert(words) {
    // execCommand keeps the browser's own undo, which setRangeText does not
    if (!document.execCommand("insertText", false, words)) {
      this.area.setRangeText(words, this.area.selectionStart, this.area.selectionEnd, "end");
      this.changed();
    }
  }

  pressed(event) {
    event.stopPropagation();                         // the app's own shortcuts are for outside
    if (this.offered.length) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        this.chosen = (this.chosen + step + this.offered.length) % this.offered.length;
        return this.showOffers();
      }
      if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); return this.accept(); }
      if (event.key === "Escape") { event.preventDefault(); return this.closeOffers(); }
    }
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Escape") { this.leaving = true; return; }
    if (event.key === "Tab" && !this.leaving && !command) { event.preventDefault(); this.indent(event.shiftKey); }
    else if (event.key === "Enter" && !command) { event.preventDefault(); this.newLine(); }
    else if (command && event.key === "/") { event.preventDefault(); this.comment(); }
    else if (command && event.key === " ") { event.preventDefault(); this.offer(true); }
    else if (command && event.key.toLowerCase() === "f") { event.preventDefault(); this.openFind(); }
    else if (command && (event.key === "Enter" || event.key.toLowerCase() === "s")) { event.preventDefault(); this.flush(); }
    else if (event.key === "F1") { event.preventDefault(); this.about.focus(); }
    else if (event.key === "F8") { event.preventDefault(); this.nextProblem(); }
    if (event.key !== "Shift") this.leaving = false;
  }

  nextProblem() {
    const line = this.area.value.slice(0, this.area.selectionStart).split("\n").length;
    const placed = this.problems.filter((one) => one.line);
    const next = placed.find((one) => one.line > line) || placed[0];
    if (next) this.goTo(next.line, next.column);
  }

  lines() {
    const text = this.area.value;
    const begin = text.lastIndexOf("\n", this.area.selectionStart - 1) + 1;
    const found = text.indexOf("\n", Math.max(begin, this.area.selectionEnd - (this.area.selectionEnd > this.area.selectionStart ? 1 : 0)));
    return [begin, found < 0 ? text.length : found];
  }

  eachLine(change) {
    const [begin, end] = this.lines();
    const after = this.area.value.slice(begin, end).split("\n").map(change).join("\n");
    this.area.setSelectionRange(begin, end);
    this.insert(after);
    this.area.setSelectionRange(begin, begin + after.length);
  }

  indent(back) {
    if (back) this.eachLine((line) => line.replace(/^ {1,2}/, ""));
    else if (this.area.selectionStart === this.area.selectionEnd) this.insert("  ");
    else this.eachLine((line) => (line ? "  " + line : line));
  }

  newLine() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const deeper = /[:>|]\s*$/.test(withoutComment(line)) && line.trim() ? "  " : "";
    this.insert("\n" + /^ */.exec(line)[0] + deeper);
  }

  comment() {
    this.area.focus();
    const [begin, end] = this.lines();
    const all = this.area.value.slice(begin, end).split("\n").filter((line) => line.trim());
    const off = all.length > 0 && all.every((line) => /^\s*#/.test(line));
    this.eachLine((line) => (off ? line.replace(/^(\s*)# ?/, "$1") : line.trim() ? line.replace(/^(\s*)/, "$1# ") : line));
  }

  // --- find ---

  openFind() {
    this.find.classList.add("open");
    const chosen = this.area.value.slice(this.area.selectionStart, this.area.selectionEnd);
    if (chosen && !chosen.includes("\n")) this.query.value = chosen;
    this.query.focus();
    this.query.select();
    this.search();
  }

  search() {
    const wanted = this.query.value.toLowerCase(), text = this.area.value.toLowerCase();
    this.hits = [];
    for (let at = text.indexOf(wanted); wanted && at >= 0 && this.hits.length < 500; at = text.indexOf(wanted, at + wanted.length)) this.hits.push(at);
    this.count.textContent = wanted ? `${this.hits.length} found` : "";
    this.hit = -1;
    this.draw();
  }

  nextHit() {
    if (!this.hits || !this.hits.length) return;
    this.hit = (this.hit + 1) % this.hits.length;
    const at = this.hits[this.hit];
    const line = this.area.value.slice(0, at).split("\n").length;
    this.area.scrollTop = Math.max(0, (line - 6) * this.lineHeight());
    this.area.setSelectionRange(at, at + this.query.value.length);
    this.count.textContent = `${this.hit + 1} of ${this.hits.length}, line ${line}`;
  }
}

function isDark(color) {
  const probe = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(color);
  const parts = probe ? probe.slice(1).map((part) => parseInt(part, 16)) : (color.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
  return 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 128;
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement;
  if (!root.pileupEditor) root.pileupEditor = new Editor(root.querySelector(".mount") || root);
  root.pileupEditor.update(data, setStateValue);
}
