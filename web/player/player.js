// @ts-check
// The player: one clock for one or two runs, and the parts that show it.

/** @import { Controls, HeadingTag, Options, Selection, Timeline } from "./types" */
import { Bar } from "./bar.js";
import { Clock, instantToShow, momentsOf } from "./clock.js";
import { html, setText } from "../common/dom.js";
import { Drawing } from "./drawing.js";
import { legendOf } from "./legend.js";
import { scalesOf } from "./lines.js";
import { MomentPanel } from "./moment.js";
import { clamp } from "./numbers.js";
import { inWords, Run } from "./run.js";
import { seriesOf } from "./series.js";
import { Story } from "./story.js";
import { formatSeconds } from "./text.js";
import { themeAround } from "../common/theme.js";

const HEADINGS = /** @type {HeadingTag[]} */ (["h1", "h2", "h3", "h4", "h5", "h6"]);
const QUIET_MS = 250; // before a screen reader hears of an instant

/** @implements {Controls} */
export class Player {
  /**
   * @param {Element} element
   * @param {Timeline} data
   * @param {Options} options
   */
  constructor(element, data, options) {
    this.element = element;
    this.root = html("section", { class: "pp", "aria-label": "Replay of a run" });
    this.element.append(this.root);
    this.darkQuery = window.matchMedia("(prefers-color-scheme: dark)");
    this.stillQuery = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.setTheme = this.setTheme.bind(this);
    this.tick = this.tick.bind(this);
    this.darkQuery.addEventListener("change", this.setTheme);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.root);
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    /** @type {Options} */
    this.options = { theme: "auto" };
    /** @type {Selection | null} */
    this.selected = null;
    this.isPlaying = false;
    this.frame = 0; // of the animation
    this.last = 0; // when it was drawn, in ms
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.announcing = undefined;
    const { at, begin, autoplay, ...kept } = options;
    Object.assign(this.options, kept);
    this.setTheme();
    this.data = data;
    this.runs = runsOf(data);
    this.clock = new Clock(endOf(this.runs), at ?? begin ?? 0, this.options.speed);
    this.scales = scalesOf(this.runs);
    this.moments = momentsOf(this.runs, this.end);
    this.view = this.build();
    this.fit(true);
    if (autoplay && !this.isStill) this.play();
  }

  /**
   * Takes new data or options and keeps the speed, the selection and, where it can, the instant.
   *
   * `at` and `autoplay` hold for this call only. Another run begins at this instant and, with `autoplay`, plays
   * on; from shortly before the fault, where this instant would show nothing of it.
   * @param {Timeline} data
   * @param {Options} options
   */
  load(data, options) {
    const { at, begin: _, autoplay, ...kept } = options;
    Object.assign(this.options, kept);
    this.setTheme();
    if (data.id === this.data.id) {
      if (at === undefined) return;
      this.seek(at);
      if (autoplay) this.play();
      return;
    }
    const { time, speed } = this.clock;
    this.data = data;
    this.runs = runsOf(data);
    const end = endOf(this.runs);
    const begin = autoplay ? instantToShow(this.runs[0].data, time, end) : time;
    this.clock = new Clock(end, at ?? begin, speed);
    this.scales = scalesOf(this.runs);
    this.moments = momentsOf(this.runs, end);
    if (!this.selectedPart()) this.selected = null;
    this.view = this.build();
    this.fit(true);
    if (autoplay && !this.isStill) this.play();
  }

  selectedPart() {
    return this.selected ? this.runs[this.selected.run]?.part(this.selected.part) : undefined;
  }

  setTheme() {
    let { theme } = this.options;
    if (theme !== "light" && theme !== "dark") {
      theme = themeAround(this.element) ?? (this.darkQuery.matches ? "dark" : "light");
    }
    this.root.dataset.theme = theme;
    this.root.dataset.projector = String(Boolean(this.options.projector));
  }

  // --- what the parts ask for ---

  get end() {
    return this.clock.end;
  }

  get time() {
    return this.clock.time;
  }

  get speed() {
    return this.clock.speed;
  }

  get isStill() {
    return this.stillQuery.matches;
  }

  get count() {
    return this.runs.length;
  }

  /** The level of the player's own title, from 1 to 5. */
  get level() {
    return clamp(Number(this.options.heading) || 2, 1, 5);
  }

  get heading() {
    return HEADINGS[this.level];
  }

  // --- building ---

  build() {
    const { series, story, reveal } = this.options;
    this.root.dataset.sides = String(this.count);
    this.root.dataset.series = String(series !== false);
    const drawings = this.runs.map((run, i) => new Drawing(run, this, i));
    const bar = new Bar(this.runs[0], this, this.moments);
    const moment = new MomentPanel(this.runs, this);
    const stories = story === false ? [] : this.runs.map((run) => new Story(run, this, Boolean(reveal)));
    const overTime = series === false ? null : seriesOf(this.runs, this, series === "main");
    const live = html("div", { class: "pp-hidden", "aria-live": "polite" });
    const legend = legendOf(this.runs, this.isStill);
    const stages = html("div", { class: "pp-stages" }, ...drawings.map((drawing) => drawing.root), legend);
    const side = html("div", { class: "pp-beside" }, moment.root, ...stories.map((each) => each.root));
    const parts = html("div", { class: "pp-parts" }, stages, side, overTime?.root ?? null);
    this.root.replaceChildren(...this.title(), bar.root, parts, live);
    bar.showPlaying(this.isPlaying);
    return { drawings, bar, moment, stories, charts: overTime?.charts ?? [], live };
  }

  title() {
    if (!this.options.heading) return [];
    const title = html(HEADINGS[this.level - 1]);
    const question = html("p");
    title.textContent = this.runs[0].data.title;
    question.textContent = this.runs[0].data.question;
    return [html("div", { class: "pp-heading" }, title, question)];
  }

  /**
   * @param {HTMLElement} element
   * @param {HTMLElement} ruler
   */
  drag(element, ruler) {
    const go = (/** @type {PointerEvent} */ event) => {
      const box = ruler.getBoundingClientRect();
      this.clock.seek(this.end * clamp((event.clientX - box.left) / box.width, 0, 1));
      this.show();
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.pause();
      element.setPointerCapture(event.pointerId);
      go(event);
      element.addEventListener("pointermove", go);
    });
    const stop = () => {
      element.removeEventListener("pointermove", go);
      this.settle();
    };
    element.addEventListener("pointerup", stop);
    element.addEventListener("pointercancel", stop);
  }

  fit(isForced = false) {
    const scale = this.options.projector ? 1.35 : 1;
    for (const drawing of this.view.drawings) {
      const width = drawing.root.clientWidth;
      if (width < 50) continue;
      if (isForced) drawing.width = 0;
      drawing.build(width, scale);
    }
    this.show();
  }

  // --- time ---

  play() {
    if (this.isPlaying) return;
    if (this.time >= this.end) this.clock.time = 0;
    this.isPlaying = true;
    this.last = performance.now();
    this.frame = requestAnimationFrame(this.tick);
    this.view.bar.showPlaying(true);
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    cancelAnimationFrame(this.frame);
    this.view.bar.showPlaying(false);
    this.show();
    this.announce();
  }

  toggle() {
    if (!this.isPlaying) return this.play();
    this.pause();
    this.settle();
  }

  /** @param {number} now in ms */
  tick(now) {
    if (!this.isPlaying) return;
    const ended = this.clock.advance((now - this.last) / 1000, this.options.stopAt);
    this.last = now;
    if (!ended) {
      this.show();
      this.frame = requestAnimationFrame(this.tick);
      return;
    }
    this.pause();
    if (ended === "stop") {
      this.options.stopAt = undefined;
      this.options.onStop?.(this.time);
    }
    this.settle();
  }

  /** @param {number} time */
  seek(time) {
    this.clock.seek(time);
    this.show();
    this.settle();
  }

  /** @param {number} time */
  goTo(time) {
    this.pause();
    this.seek(time);
  }

  /** Called when the instant was chosen, not passed through. */
  settle() {
    this.options.onTime?.(this.time);
    if (this.selected) this.report();
    this.announce();
  }

  /** @param {1 | -1} direction */
  step(direction) {
    this.pause();
    this.seek(this.clock.step(this.moments, direction));
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.clock.speed = speed;
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : this.root;
    if (event.key === " ") {
      if (target.closest("button, select")) return;
      consume(event);
      this.toggle();
      return;
    }
    if (target.closest("select")) return;
    const move = this.clock.moveOf(event.key, event.shiftKey, this.runs[0].data.level_s);
    if (move !== null) {
      consume(event);
      this.goTo(move);
    } else if (event.key === "n" || event.key === "p") {
      consume(event);
      this.step(event.key === "n" ? 1 : -1);
    }
  }

  // --- selection and words ---

  /**
   * @param {number} run
   * @param {string | null} part
   */
  select(run, part) {
    const isSame = this.selected?.run === run && this.selected.part === part;
    this.selected = isSame || part === null ? null : { run, part };
    this.show();
    this.report();
    this.announce();
  }

  report() {
    const { selected } = this;
    const label = selected ? this.runs[selected.run].data.label : null;
    this.options.onSelect?.(selected?.part ?? null, this.time, label);
  }

  /** Says the instant to a screen reader, once it has stayed for a moment. */
  announce() {
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => {
      if (this.isPlaying) return;
      setText(this.view.live, this.inWords());
      for (const drawing of this.view.drawings) drawing.name(this.time);
    }, QUIET_MS);
  }

  /** The instant in words. */
  inWords() {
    const chosen = this.selectedPart();
    const sentences = [`At ${formatSeconds(this.time)}.`];
    for (const run of this.runs) {
      if (this.count > 1) sentences.push(`${run.data.label}:`);
      const isBad = run.data.nodes.filter(
        (node) => node.kind === "workload" || run.facts(node, this.time).some((fact) => fact[2]),
      );
      sentences.push(...(chosen ? [chosen] : isBad).map((part) => inWords(run, part, this.time) + "."));
    }
    return sentences.join(" ");
  }

  show() {
    const { time, phase } = this.clock;
    const place = ((100 * time) / this.end).toFixed(3) + "%";
    this.view.bar.show(time, place);
    for (const drawing of this.view.drawings) if (drawing.width) drawing.show(time, this.isStill ? null : phase);
    for (const story of this.view.stories) story.show(this.clock);
    this.view.moment.show(time, place);
    for (const chart of this.view.charts) chart.show(time, place);
  }

  destroy() {
    this.isPlaying = false;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.announcing);
    this.darkQuery.removeEventListener("change", this.setTheme);
    this.observer.disconnect();
    this.root.remove();
  }
}

/** @param {Timeline} data */
function runsOf(data) {
  return ("sides" in data ? data.sides : [data]).map((run) => new Run(run));
}

/** @param {Run[]} runs */
function endOf(runs) {
  return Math.max(...runs.map((run) => run.data.end_s));
}

/**
 * Keeps a key that was understood from scrolling the page and from the page's own shortcuts.
 * @param {Event} event
 */
function consume(event) {
  event.preventDefault();
  event.stopPropagation();
}
