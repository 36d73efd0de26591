// @ts-check
// The drawing of one run: boxes, cylinders and circles, and what travels over the links between them.

/** @import { Controls, LinkData, NodeData, PartData } from "./types" */
/** @import { DrawnLink } from "./link_marks.js" */
/** @import { Placement } from "./placement.js" */
/** @import { Run } from "./run.js" */
/** @import { Pill, Update } from "./shapes.js" */
import { fill, html, setAttribute, svg, toggleClass } from "../common/dom.js";
import { arrowTransform, placeWords, samplesOf, showWords, strokeWidth, trafficOf, travel } from "./link_marks.js";
import { BOX_HEIGHT, pathOf, placementOf, portsOf } from "./placement.js";
import { inWords } from "./run.js";
import { pill, setPill, shapeOf } from "./shapes.js";
import { shorten } from "./text.js";

/** @typedef {{ node: NodeData, group: SVGGElement, button: SVGGElement, update: Update, fault: Pill, state: Pill }} DrawnNode */
/** The drawing of one run; `show(time, phase)` brings it to an instant, `name(time)` says it. */
export class Drawing {
  /**
   * @param {Run} run
   * @param {Controls} controls
   * @param {number} index of the run
   */
  constructor(run, controls, index) {
    this.run = run;
    this.controls = controls;
    this.index = index;
    this.root = html("div", { class: "pp-stage" });
    this.heading = html(controls.heading);
    this.heading.textContent = run.data.label;
    this.svg = svg("svg", { role: "group", "aria-label": `The system, ${run.data.label}` });
    if (controls.count > 1) this.root.append(this.heading);
    this.root.append(this.svg);
    this.width = 0;
    /** @type {DrawnLink[]} */
    this.links = [];
    /** @type {DrawnNode[]} */
    this.nodes = [];
  }

  /**
   * Draws everything for a width in px, *scale* times as large.
   * @param {number} width
   * @param {number} scale
   */
  build(width, scale) {
    const { data, nodes } = this.run;
    const isSmall = data.nodes.length <= 4 && width > 640;
    const inner = width / (isSmall ? scale * 1.25 : scale);
    if (Math.abs(inner - this.width) < 2) return;
    this.width = inner;
    const focused = this.focusedPart();
    const placement = placementOf(data, inner);
    const ports = portsOf(data, placement);
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${placement.width} ${placement.height}`);
    const taken = data.nodes.map((node) => {
      const [x, y] = placement.centreOf(node);
      const half = node.kind === "workload" ? 46 : placement.boxWidth / 2 + 2;
      return [x - half, y - BOX_HEIGHT / 2 - 10, x + half, y + BOX_HEIGHT / 2 + 10];
    });
    this.links = data.links.flatMap((link) => {
      const from = nodes.get(link.caller);
      const to = nodes.get(link.callee);
      const port = ports.get(link.name);
      return from && to && port ? [this.drawLink(link, pathOf(link, from, to, placement, port))] : [];
    });
    for (const drawn of this.links) placeWords(drawn, taken, placement.isVertical);
    this.nodes = data.nodes.map((node) => this.drawNode(node, placement));
    for (const drawn of this.links) this.svg.append(drawn.button);
    this.name(this.controls.time);
    this.drawn()
      .find(({ button }) => focused && button.dataset.part === focused)
      ?.button.focus();
  }

  /** @returns {(DrawnNode | DrawnLink)[]} */
  drawn() {
    return [...this.nodes, ...this.links];
  }

  focusedPart() {
    const root = this.svg.getRootNode();
    const focused = root instanceof Document || root instanceof ShadowRoot ? root.activeElement : null;
    return focused instanceof SVGElement ? focused.dataset.part : undefined;
  }

  /**
   * Makes *element* a button that chooses a node or link.
   * @param {SVGGElement} element
   * @param {string} name
   */
  makeChoosable(element, name) {
    fill(element, { role: "button", tabindex: 0, "aria-pressed": "false" });
    element.dataset.part = name;
    const choose = () => this.controls.select(this.index, name);
    element.addEventListener("click", choose);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      choose();
    });
    return choose;
  }

  /**
   * @param {LinkData} link
   * @param {string} d
   * @returns {DrawnLink}
   */
  drawLink(link, d) {
    const path = svg("path", { d });
    const head = svg("path", { class: "pp-head" });
    const touch = svg("path", { class: "pp-touch", d });
    const glow = svg("path", { class: "pp-glow", d });
    const kind = "pp-link" + (link.kind === "dead letters" ? " pp-letters" : "");
    const group = svg("g", { class: kind }, glow, path, head, touch);
    this.svg.append(group);
    const samples = samplesOf(path);
    fill(head, { d: "M-2,-5 L8,0 L-2,5 Z", transform: arrowTransform(samples) });
    const hidden = { visibility: "hidden" };
    const dots = Array.from({ length: 6 }, () => svg("circle", { class: "pp-dot", r: 3, ...hidden }));
    const cross = { class: "pp-cross", d: "M-4,-4 L4,4 M-4,4 L4,-4", ...hidden };
    const crosses = Array.from({ length: 4 }, () => svg("path", cross));
    group.append(...dots, ...crosses);
    const lines = Array.from({ length: 4 }, () => svg("text"));
    const back = svg("rect", { class: "pp-back", rx: 4 });
    const ring = svg("rect", { class: "pp-ring", rx: 7 });
    const breaker = pill();
    const button = svg("g", { class: "pp-words" }, ring, back, ...lines);
    if (link.breaker) button.append(breaker.group);
    touch.addEventListener("click", this.makeChoosable(button, link.name));
    return { link, group, path, samples, dots, crosses, button, lines, back, ring, breaker, isLevel: false };
  }

  /**
   * @param {NodeData} node
   * @param {Placement} placement
   * @returns {DrawnNode}
   */
  drawNode(node, placement) {
    const [x, y] = placement.centreOf(node);
    const width = placement.boxWidth;
    const group = svg("g", { class: `pp-node pp-${node.kind}`, transform: `translate(${x} ${y})` });
    group.dataset.node = node.name;
    this.makeChoosable(group, node.name);
    const title = svg("title");
    title.textContent = node.name + (node.size ? `: ${node.size}` : "");
    const ring = svg("rect", {
      class: "pp-ring",
      x: -width / 2 - 6,
      y: -BOX_HEIGHT / 2 - 6,
      width: width + 12,
      height: BOX_HEIGHT + 12,
      rx: 14,
    });
    group.append(title, ring);
    const update = shapeOf(node, width, group);
    const fault = pill();
    const state = pill();
    fault.group.setAttribute("transform", `translate(0 ${-BOX_HEIGHT / 2 - 1})`);
    state.group.setAttribute("transform", `translate(0 ${BOX_HEIGHT / 2 + 1})`);
    group.append(fault.group, state.group);
    this.svg.append(group);
    return { node, group, button: group, update, fault, state };
  }

  /**
   * @param {number} time
   * @param {number | null} phase where the dots are; null leaves them out
   */
  show(time, phase) {
    for (const drawn of this.links) this.showLink(drawn, time, phase);
    for (const drawn of this.nodes) this.showNode(drawn, time);
  }

  /**
   * @param {DrawnNode} drawn
   * @param {number} time
   */
  showNode({ node, group, update, fault, state }, time) {
    setPill(state, update(this.run, time, this.controls.scales));
    const troubles = this.run.troubles(node.name, time);
    toggleClass(group, "pp-struck", troubles.length > 0);
    toggleClass(group, "pp-down", this.run.isDown(node, time));
    setPill(fault, troubles.length ? "⚡ " + shorten(troubles.join(", "), 26) : "");
    setAttribute(group, "aria-pressed", String(this.isChosen(node)));
  }

  /** @param {PartData} part */
  isChosen(part) {
    const { selected } = this.controls;
    return selected !== null && selected.run === this.index && selected.part === part.name;
  }

  /**
   * Names every node and link with what is true of it, for people who do not see the drawing.
   * @param {number} time
   */
  name(time) {
    for (const drawn of this.drawn()) {
      setAttribute(drawn.button, "aria-label", inWords(this.run, "node" in drawn ? drawn.node : drawn.link, time));
    }
  }

  /**
   * @param {DrawnLink} drawn
   * @param {number} time
   * @param {number | null} phase
   */
  showLink(drawn, time, phase) {
    const facts = this.run.linkFacts(drawn.link, time);
    const isOpen = facts.breaker === "open" || facts.troubles.length > 0;
    toggleClass(drawn.group, "pp-failing", facts.isFailing && !isOpen);
    toggleClass(drawn.group, "pp-open", isOpen);
    setAttribute(drawn.path, "stroke-width", strokeWidth(facts.attempts).toFixed(1));
    showWords(drawn, facts);
    const isChosen = this.isChosen(drawn.link);
    setAttribute(drawn.button, "aria-pressed", String(isChosen));
    toggleClass(drawn.group, "pp-chosen", isChosen);
    const { dots, crosses } = phase === null || isOpen ? { dots: 0, crosses: 0 } : trafficOf(facts);
    travel(drawn.crosses, drawn.samples, crosses, phase ?? 0, 0.5);
    travel(drawn.dots, drawn.samples, dots, phase ?? 0, 0);
  }
}
