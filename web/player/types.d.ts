/** The data of a replay, as `sim.replay.timeline` writes it, and what the parts of the player ask of each other. */

/** One value a frame, or one number that holds in every frame. */
export type Series = number | number[];

interface Part {
  name: string;
  rates: Record<string, Series>;
  levels: Record<string, Series>;
}

interface Box extends Part {
  size: string;
  rules: string[];
  column: number;
  height: number;
}

export interface WorkloadData extends Box {
  kind: "workload";
}

export interface ServiceData extends Box {
  kind: "service";
  /** null: unlimited */
  workers: number | null;
  /** places in line; null: unlimited */
  places: number | null;
  /** whether a request in service can leave its worker free */
  frees: boolean;
  /** spans of time without a single replica */
  down: [number, number][];
}

export interface QueueData extends Box {
  kind: "queue";
}

export type NodeData = WorkloadData | ServiceData | QueueData;

export interface LinkData extends Part {
  kind: "call" | "send" | "delivery" | "dead letters";
  caller: string;
  callee: string;
  policies: string[];
  /** whether the link leads back against the order of the columns */
  back: boolean;
  /** column and height of each bend */
  bends: [number, number][];
  decisions: string[];
  /** changes of its circuit breaker: instant, state (0 closed, 0.5 half-open, 1 open; of several their mean) */
  breaker: [number, number][] | null;
  breakers?: number;
}

export type PartData = NodeData | LinkData;

export interface FaultData {
  name: string;
  at_s: number;
  until_s: number;
  /** which node or link, and what it suffers in two words */
  on: [string, string][];
}

export interface SentenceData {
  at_s: number;
  text: string;
  /** what is known of it until `known_s` */
  at_first?: string;
  known_s?: number;
}

export interface RunData {
  id: string;
  label: string;
  title: string;
  question: string;
  end_s: number;
  level_s: number;
  rate_s: number;
  faults: FaultData[];
  nodes: NodeData[];
  links: LinkData[];
  events: { at_s: number }[];
  story: SentenceData[];
}

/** What is played: one run, or two next to each other. */
export type Timeline = RunData | { id: string; sides: RunData[] };

export interface Options {
  theme?: "auto" | "light" | "dark";
  projector?: boolean;
  /** the level of the heading, or whether there is one */
  heading?: boolean | number;
  story?: boolean;
  /** false leaves the series out; "main" folds all but the first few away where there are many */
  series?: boolean | "main";
  /** sentences appear when their moment comes */
  reveal?: boolean;
  speed?: number;
  /** where a new player begins */
  begin?: number;
  /** go there now */
  at?: number;
  autoplay?: boolean;
  /** pause there once */
  stopAt?: number;
  onSelect?: (node: string | null, time: number, label: string | null) => void;
  onTime?: (time: number) => void;
  onStop?: (time: number) => void;
}

export interface Handle {
  destroy(): void;
  seek(time: number): void;
  update(data: Timeline | undefined, changed?: Options): void;
  play(): void;
  pause(): void;
  readonly time: number;
}

/** Which node or link of which run is chosen. */
export interface Selection {
  run: number;
  part: string;
}

/** A row of facts: what, its value in words, and whether it is bad. */
export type Fact = [what: string, value: string, isBad?: boolean];

export type HeadingTag = "h1" | "h2" | "h3" | "h4" | "h5" | "h6";

/** What the parts around the drawing may ask of the player. */
export interface Controls {
  readonly end: number;
  readonly time: number;
  readonly speed: number;
  readonly selected: Selection | null;
  readonly scales: Map<string, number>;
  readonly isStill: boolean;
  readonly heading: HeadingTag;
  /** how many runs there are */
  readonly count: number;
  setSpeed(speed: number): void;
  toggle(): void;
  step(direction: 1 | -1): void;
  /** pause, and go to an instant that was chosen */
  goTo(time: number): void;
  select(run: number, part: string | null): void;
  /** let a pointer on `element` set the time by where it is over `ruler` */
  drag(element: HTMLElement, ruler: HTMLElement): void;
}
