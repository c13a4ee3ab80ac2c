/** The whole answer about a server as plain JSON: everything a face shows and nothing that it must work out. */
import type { ValueSet } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { Decision, LogLine, Note, SetAtImport, VariantAnswer } from './decision.ts';
import type { GivenFact, Question } from './question.ts';
import type { StageError, StageOpenError } from './server.ts';

/** What is decided for a group of layers: as for one layer, but for what the server says for all. */
export type GroupDecision = Omit<
  Decision,
  | 'schemaVersion'
  | 'question'
  | 'release'
  | 'platform'
  | 'headline'
  | 'variants'
  | 'logs'
  | 'atImport'
  | 'batchInvariance'
>;

/** Layers that get one backend together. */
export interface Group {
  /**
   * `lm`: layers that ask the selection; `vision`: those of a vision tower; `own`: layers that ask nobody; `draft`: layers of either
   * kind of a model that drafts; else what they ask.
   */
  readonly role: string;
  /** The class of the layers, and that of the module that builds them. */
  readonly layer: string;
  readonly by: string;
  /** The function that is asked, and from where. */
  readonly asks: string;
  readonly place: string | null;
  readonly layers: number;
  /** Whether there are just so many, whatever the unknown facts are. */
  readonly certain: boolean;
  /** Their names; a number that runs is `#`, and `index` says which. */
  readonly names: readonly { readonly pattern: string; readonly index: string }[];
  /** The arguments that are known, and the names of those that are not. */
  readonly call: { readonly [name: string]: Json };
  readonly open: readonly string[];
  readonly backend: string | null;
  /** Null where the layers ask nobody, or what they ask has not been learned. */
  readonly decision: GroupDecision | null;
}

/** A value of the configuration that a start comes to. */
export interface Resolved extends GivenFact {
  readonly name: string;
}

/** Words that can be added to the line, and what would run then. */
export interface FlagChange {
  /** What stands on the line more, or in the environment. */
  readonly words: string;
  /** For each group in order, the backend that it would get. */
  readonly backends: readonly (string | null)[];
}

/** What comes out where a fact that is unknown has one of these values. */
export interface ServerCase {
  readonly fact: string;
  readonly is: ValueSet;
  readonly outcome: 'starts' | 'refused' | 'unknown';
  /** The backends that run then, each once; null for groups that stay open. */
  readonly backends: readonly (string | null)[];
  readonly error: StageError | null;
}

export interface ServerDecision {
  readonly schemaVersion: 1;
  /** What was asked: decided again, it gives the same decision. */
  readonly question: Question;
  readonly release: string;
  readonly platform: string;
  /** The parts of a one-line headline. */
  readonly headline: {
    readonly outcome: ServerDecision['outcome'];
    readonly backends: readonly {
      readonly role: string;
      readonly backend: string | null;
      readonly layers: number;
      readonly flashAttention: number | null;
    }[];
    readonly device: string | null;
    readonly release: string;
    readonly architecture: string | null;
  };
  /** What the platform sets when it is imported, whatever is asked. */
  readonly atImport: readonly SetAtImport[];
  readonly outcome: 'starts' | 'refused' | 'unknown';
  /** vLLM's own error, and the stage of the start that raises it. */
  readonly error: StageError | null;
  /** Errors that may be raised before, depending on facts that are unknown. */
  readonly open: readonly StageOpenError[];
  /** Where the GPU is unknown: what comes out by its compute capability. */
  readonly cases: readonly ServerCase[];
  readonly groups: readonly Group[];
  /** Whether these are all groups, for certain. */
  readonly complete: boolean;
  /** What was said that the layers are built of and ask with: flags, variables, keys of the config, the device. */
  readonly inputs: readonly Resolved[];
  /** What the start comes to before the model is built. */
  readonly resolved: readonly Resolved[];
  /** What vLLM will print about it, from INFO up, as far as it is certain. */
  readonly logs: readonly LogLine[];
  readonly changes: readonly FlagChange[];
  readonly variants: readonly VariantAnswer[];
  readonly notes: readonly Note[];
}
