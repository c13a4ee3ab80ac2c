/** What a release prints of its choices, as data: the words of its lines with holes, and what each of them reports. */

/** A piece of a line: words as they are printed, or a hole and what stands there; null where nothing of it is looked for. */
export type LinePiece = string | { readonly is: string | null };

export interface LinePattern {
  /** `file:line` in the release. */
  readonly at: string;
  /** The level of a line; of an error the name of its class. */
  readonly level: string;
  readonly raised?: true;
  /** Which choice it is about. */
  readonly of?: 'attention' | 'vision' | 'prefill';
  /** How the choice came about, where the line is printed for one way alone. */
  readonly how?: 'auto' | 'forced' | 'platform';
  /** Another line was perhaps printed before it for the same choice. */
  readonly again?: true;
  readonly text: readonly LinePiece[];
  /** What it reports without printing it. */
  readonly says?: Readonly<Record<string, string | number>>;
}

export interface LineTable {
  readonly release: string;
  /** The names in its registries of backends, with the paths of their classes. */
  readonly backends: Readonly<Record<string, string>>;
  /** The names that its backends give themselves. */
  readonly names?: readonly string[];
  readonly lines: readonly LinePattern[];
}
