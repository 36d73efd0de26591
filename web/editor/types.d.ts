/** What the parts of Compose's editor pass to each other, and what they get from `sim.lab`. */

/** What may stand below a key: a part of the format, names of one's own, or a list. */
export interface Kind {
  def?: string;
  map?: Kind[];
  list?: Kind[];
}

export interface KeyHelp {
  about: string;
  type: string;
  /** the values that a closed list allows */
  words?: string[];
  of?: Kind[];
}

/** For each part of the format what it is, and what each of its keys means. */
export type Guide = Record<string, { about: string; keys: Record<string, KeyHelp> }>;

export interface Problem {
  /** from 1; 0 where there is no place */
  line: number;
  column: number;
  text: string;
  level: "bad" | "warn";
}

/** The keys that lead to the cursor, and what the format says of the last of them; null for a name of one's own. */
export interface Help {
  path: string[];
  found: KeyHelp | null;
}

/** What a field says to the editor around it. */
export interface Listener {
  onChange(): void;
  /** a key that asks for the check at once */
  onSend(): void;
  onHelp(help: Help): void;
  /** the key that asks for the explanation */
  onExplain(): void;
}

/** Something that a text can be written in. */
export interface Field {
  /** which keys it has, in words */
  readonly keys: string;
  readonly canSearch: boolean;
  getText(): string;
  setText(text: string): void;
  setProblems(problems: Problem[]): void;
  goTo(line: number, column: number): void;
  focus(): void;
  hasFocus(): boolean;
  search(): void;
  toggleComment(): void;
  destroy(): void;
}

/** Makes a field inside an element. */
export type FieldMaker = (parent: HTMLElement, text: string, listener: Listener) => Field;
