// The player: one clock for one or two runs, and who listens to it.

const SPEEDS = [1, 2, 5, 10, 20, 50, 100];
const LEAD = 2; // seconds before the first fault from which another run is shown

class Player {
  constructor(element, data, options) {
    this.element = element;
    this.root = make("section", { class: "pp", "aria-label": "Replay of a run" });
    this.element.append(this.root);
    this.media = window.matchMedia("(prefers-color-scheme: dark)");
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.retheme = () => this.theme();
    this.media.addEventListener("change", this.retheme);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.tick = this.tick.bind(this);
    this.load(data, options);
  }

  /**
   * Takes new data or options and keeps the speed, the selection and, where it can, the instant.
   *
   * `at`, `begin` and `autoplay` hold for this call only. Another run begins at this instant and, with `autoplay`, plays
   * on; from shortly before the fault, where this instant would show nothing of it.
   */
  load(data, options) {
    const isFirst = !this.data, { at, begin, autoplay, ...kept } = options ?? {};
    this.options = { theme: "auto", ...(this.options ?? {}), ...kept };
    const isSame = !isFirst && data.id === this.data.id;
    this.theme();
    if (isSame) {
      if (at !== undefined) { this.seek(at); if (autoplay) this.play(); }
      return;
    }
    this.data = data;
    this.sides = (data.sides ?? [data]).map((side) => new Side(side));
    this.end = Math.max(...this.sides.map((side) => side.data.end_s));
    this.scales = scalesOf(this.sides);
    const times = this.sides.flatMap((side) => [...side.data.story, ...side.data.events].map((each) => each.at_s));
    this.moments = [...new Set(times.map((time) => Math.min(time, this.end)))].sort((a, b) => a - b);
    this.moments = this.moments.filter((time, i) => i === 0 || time - this.moments[i - 1] > 1e-6);
    this.time = clamp(at ?? (isFirst ? begin ?? 0 : autoplay ? this.instantToShow() : this.time), 0, this.end);
    this.reached = this.time; // of this run nothing later has been seen
    if (isFirst) this.speed = this.options.speed ?? SPEEDS.find((each) => this.end / each <= 40) ?? 100;
    if (isFirst || !this.find(this.selected)) this.selected = null;
    this.phase = 0;
    this.build();
    this.fit(true);
    if (autoplay && !this.still.matches) this.play();
  }

  /** The instant at which another run begins to play: this one, where it lies in the stretch of the faults. */
  instantToShow() {
    const faults = this.sides[0].data.faults;
    if (!faults.length) return this.time < this.end ? this.time : 0;
    const first = Math.min(...faults.map((fault) => fault.at_s)), begin = Math.max(0, first - LEAD);
    const last = Math.max(...faults.map((fault) => fault.until_s));
    return this.time >= begin && this.time <= last ? this.time : begin;
  }

  find(selected) {
    return selected ? this.sides[selected.side]?.part(selected.node) : undefined;
  }

  theme() {
    let theme = this.options.theme;
    if (theme !== "light" && theme !== "dark") theme = themeAround(this.element) ?? (this.media.matches ? "dark" : "light");
    this.root.dataset.theme = theme;
    this.root.dataset.projector = String(Boolean(this.options.projector));
  }

  build() {
    const first = this.sides[0].data;
    this.root.dataset.sides = String(this.sides.length);
    this.root.replaceChildren();
    const level = clamp(Number(this.options.heading) || 2, 1, 5);
    this.sub = `h${level + 1}`;
    if (this.options.heading) {
      const title = make(`h${level}`), question = make("p");
      title.textContent = first.title;
      question.textContent = first.question;
      this.root.append(make("div", { class: "pp-heading" }, title, question));
    }
    this.stages = this.sides.map((side, i) => new Stage(side, this, i));
    const keyed = keyOf(this);
    const stages = make("div", { class: "pp-stages" }, ...this.stages.map((stage) => stage.root), keyed);
    this.live = make("div", { class: "pp-hidden", "aria-live": "polite" });
    this.moment = make("div", { class: "pp-moment" });
    const parts = make("div", { class: "pp-parts" }, stages);
    const beside = make("div", { class: "pp-beside" }, this.moment);
    if (this.options.story !== false) beside.append(...storiesOf(this));
    parts.append(beside);
    this.charts = [];
    this.panelChart = null; // of the node or link that is chosen
    this.marks = []; // what stands where the clock does in the bar
    this.root.dataset.series = String(this.options.series !== false);
    if (this.options.series !== false) parts.append(seriesOf(this));
    this.root.append(barOf(this), parts, this.live);
    this.showPlaying();
  }

  /** Lets a pointer on *element* set the time by where it is over *ruler*. */
  drag(element, ruler) {
    const go = (event) => {
      const box = ruler.getBoundingClientRect();
      this.seek(this.end * clamp((event.clientX - box.left) / box.width, 0, 1), true);
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.pause();
      element.setPointerCapture(event.pointerId);
      go(event);
      element.addEventListener("pointermove", go);
    });
    const stop = () => { element.removeEventListener("pointermove", go); this.settled(); };
    element.addEventListener("pointerup", stop);
    element.addEventListener("pointercancel", stop);
  }

  fit(isForced = false) {
    if (!this.stages) return;
    const scale = this.options.projector ? 1.35 : 1;
    for (const stage of this.stages) {
      const width = stage.root.clientWidth;
      if (width < 50) continue;
      if (isForced) stage.width = 0;
      stage.build(width, scale);
    }
    this.show();
  }

  // --- time ---

  play() {
    if (this.playing) return;
    if (this.time >= this.end) this.time = 0;
    this.playing = true;
    this.last = performance.now();
    this.frame = requestAnimationFrame(this.tick);
    this.showPlaying();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.showPlaying();
    this.show();
    this.tell();
  }

  toggle() {
    if (this.playing) { this.pause(); this.settled(); } else this.play();
  }

  showPlaying() {
    const { root, path, text } = this.playButton, words = this.playing ? "Pause" : "Play";
    path.setAttribute("d", ICONS[this.playing ? "pause" : "play"]);
    text.textContent = words;
    root.setAttribute("aria-label", words);
    root.title = `${words} (space)`;
  }

  tick(now) {
    if (!this.playing) return;
    const passed = clamp((now - this.last) / 1000, 0, 0.25), before = this.time, stop = this.options.stopAt;
    this.last = now;
    this.phase = (this.phase + passed * 0.45) % 1;
    this.time = Math.min(this.end, this.time + passed * this.speed);
    const stops = typeof stop === "number" && before < stop && this.time >= stop;
    if (stops) this.time = stop;
    if (stops || this.time >= this.end) {
      this.pause();
      if (stops) { this.options.stopAt = undefined; this.options.onStop?.(this.time); }
      this.settled();
      return;
    }
    this.show();
    this.frame = requestAnimationFrame(this.tick);
  }

  seek(time, isDragging = false) {
    this.time = clamp(Number(time) || 0, 0, this.end);
    this.show();
    if (!isDragging) this.settled();
  }

  /** Called when the instant was chosen, not passed through. */
  settled() {
    this.options.onTime?.(this.time);
    if (this.selected) this.report();
    this.tell();
  }

  step(direction) {
    this.pause();
    const near = 1e-6;
    const found = direction > 0 ? this.moments.find((time) => time > this.time + near) : this.moments.findLast((time) => time < this.time - near);
    this.seek(found ?? (direction > 0 ? this.end : 0));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target, isControl = target.closest?.("button, select");
    const small = Math.max(this.sides[0].data.level_s, this.end / 600), big = this.end / 20;
    const moves = {
      ArrowRight: event.shiftKey ? big : small, ArrowLeft: event.shiftKey ? -big : -small, PageUp: big, PageDown: -big,
    };
    if (event.key === " ") { if (isControl) return; handled(event); this.toggle(); return; }
    if (target.closest?.("select")) return;
    if (event.key in moves || event.key === "Home" || event.key === "End") {
      handled(event);
      this.pause();
      this.seek(event.key === "Home" ? 0 : event.key === "End" ? this.end : Math.round((this.time + moves[event.key]) * 1e6) / 1e6);
    } else if (event.key === "n" || event.key === "p") {
      handled(event);
      this.step(event.key === "n" ? 1 : -1);
    }
  }

  // --- selection and words ---

  select(side, node) {
    const isSame = this.selected && this.selected.side === side && this.selected.node === node;
    this.selected = isSame || node === null ? null : { side, node };
    this.show();
    this.report();
    this.tell();
  }

  report() {
    const { selected } = this;
    this.options.onSelect?.(selected ? selected.node : null, this.time, selected ? this.sides[selected.side].data.label : null);
  }

  tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      if (this.playing) return;
      say(this.live, this.words());
      for (const stage of this.stages) stage.name(this.time);
    }, 250);
  }

  /** The instant in words. */
  words() {
    const parts = [`At ${seconds(this.time)}.`];
    for (const side of this.sides) {
      if (this.sides.length > 1) parts.push(`${side.data.label}:`);
      const chosen = this.find(this.selected);
      const nodes = chosen ? [chosen] : side.data.nodes.filter((node) => node.kind === "workload" || side.facts(node, this.time).some((fact) => fact[2]));
      parts.push(...nodes.map((node) => inWords(side, node, this.time) + "."));
    }
    return parts.join(" ");
  }

  show() {
    const { time } = this;
    this.reached = Math.max(this.reached, time);
    const place = ((100 * time) / this.end).toFixed(3) + "%";
    for (const mark of this.marks) mark.style.left = place;
    this.done.style.width = place;
    say(this.clock, time >= 600 ? seconds(Math.round(time)) : time.toFixed(1) + " s");
    const phase = this.still.matches ? null : this.phase;
    for (const stage of this.stages) if (stage.width) stage.show(time, phase);
    showStory(this, time);
    showMoment(this, time);
    for (const chart of this.charts) chart.show(time, place);
    this.panelChart?.show(time, place);
    put(this.scrub, "aria-valuenow", time.toFixed(1));
    put(this.scrub, "aria-valuetext", this.valueText(time));
  }

  valueText(time) {
    const faults = this.sides[0].data.faults.filter((fault) => time >= fault.at_s && time < fault.until_s).map((fault) => fault.name);
    return `${seconds(Math.round(time * 10) / 10)} of ${seconds(this.end)}` + (faults.length ? `, during ${faults.join(", ")}` : "");
  }

  destroy() {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.telling);
    this.media.removeEventListener("change", this.retheme);
    this.observer.disconnect();
    this.root.remove();
  }
}

/** Keeps a key that was understood from scrolling the page and from the page's own shortcuts. */
function handled(event) {
  event.preventDefault();
  event.stopPropagation();
}
