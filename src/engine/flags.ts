/** The command line of a release as data: the shape of what is learned, and of what is made of a line. */
import type { PackedRuleSet } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { GivenFact, RestFact } from './question.ts';

type Scalar = string | number | boolean | null;

/** One argument of the parser. `release` says how it is learned. */
export interface Flag {
  /** The ways to write it; none for the positional one. */
  readonly options: readonly string[];
  /** Those that its messages name, where they are not all. */
  readonly shown?: readonly string[];
  readonly dest: string;
  readonly action: 'store' | 'append' | 'extend' | 'count' | 'set' | 'help' | 'version' | 'own';
  readonly nargs?: number | string;
  /** `str`, `int`, `float`, `json`, or the name of terms of the rules. */
  readonly type?: string;
  readonly const?: Scalar;
  readonly sets?: Readonly<Record<string, Scalar>>;
  readonly choices?: readonly Scalar[];
  readonly known?: readonly Scalar[];
  readonly default?:
    | { readonly value: Scalar | readonly Scalar[] }
    | { readonly rule: string }
    | { readonly object: string }
    | { readonly unread: string };
  readonly deprecated?: true;
  readonly place: string;
}

/** How flags are taken from a file. `release` says how it is learned, and what stands for what. */
export interface ConfigFileRules {
  readonly words: Readonly<Record<string, readonly string[]>>;
  readonly lines: Readonly<Record<string, readonly string[]>>;
  readonly errors: Readonly<Record<string, { readonly type: string; readonly text: string }>>;
  readonly extensions: readonly string[];
}

/** The command line of `vllm serve`. */
export interface ArgumentTable {
  readonly abbreviations: boolean;
  /** Absent: it was not read. */
  readonly file?: ConfigFileRules;
  readonly flags: readonly Flag[];
  /** The converter that reads numbers such as `80g` in dotted flags. */
  readonly numbers?: string;
  readonly rules: PackedRuleSet;
}

/** A flag as it was typed. */
export interface GivenFlag {
  readonly dest: string;
  /** The option as written, before underscores and beginnings are made good. */
  readonly typed: string;
  /** Its values as written. */
  readonly values: readonly string[];
  /** The line of the release's source that adds the flag. */
  readonly place: string;
}

/** A line that the parser turns away. */
export interface Refusal {
  readonly code:
    | 'unknown-flag'
    | 'ambiguous-flag'
    | 'invalid-choice'
    | 'bad-value'
    | 'missing-value'
    | 'bad-command-line';
  /** The last line or lines that vLLM prints. */
  readonly text: string;
  /** What was typed: the flag, or the value of a choice. */
  readonly typed: string;
  /** What could have been meant: options or choices. */
  readonly among: readonly string[];
  /** The line of the release's source that adds the flag. */
  readonly place?: string;
}

/** A command line, read. */
export interface ReadArguments {
  /** The model as given on the line. */
  readonly model: string | undefined;
  /** `args.<dest>` for every argument; of an object its keys as well. */
  readonly facts: Readonly<Record<string, GivenFact>>;
  /** What is not given of an object's keys is known not to be there. */
  readonly rest: readonly RestFact[];
  readonly given: readonly GivenFlag[];
  readonly refusal?: Refusal;
  /** What was read in part only, in a sentence each. */
  readonly notes: readonly string[];
}

/** A value of a namespace: JSON, or undefined where it is unknown. */
export type Held = Json | undefined;
