/** The whole answer as plain JSON: everything a face shows and nothing that it must work out. */
import type { ValueSet } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { Origin, Question } from './question.ts';

/** A fact that the answer rests on. */
export interface UsedFact {
  readonly name: string;
  /** Absent where the fact is unknown or known not to be there. */
  readonly value?: Json;
  readonly missing?: true;
  readonly from: Origin;
  readonly where?: string;
  /** Whether another value of this fact alone would change which backend is chosen or whether vLLM starts. */
  readonly decisive: boolean;
}

/** vLLM's own error. A text that depends on unknown facts is null. */
export interface DecisionError {
  readonly type: string;
  readonly text: string | null;
  readonly places: readonly string[];
}

export interface Winner {
  /** Its name in vLLM's registry. */
  readonly backend: string;
  /** The path of its class, and the name that the class gives itself. */
  readonly class: string;
  readonly name: string | null;
  /**
   * Chosen from the ranked list, asked for by name, asked for by name for this kind of layer, or set by the platform in the
   * configuration, so that the list is not looked at; or told by what kind of layer it is, which asks for no other.
   */
  readonly how: 'automatic' | 'forced' | 'per kind' | 'platform' | 'layer';
}

/**
 * What became of a backend:
 * - `chosen`: vLLM will run it.
 * - `out-ranked`: on the platform's list, nothing against it, but a backend with a higher priority is chosen.
 * - `would-work`: nothing against it and forcing it would start, but it is not on the platform's list for this
 *   question, or the list was not looked at because a backend is forced.
 * - `refused`: vLLM has a reason against it, or refuses the question whichever backend it is.
 * - `not-installed`: the reason is that a module it needs cannot be imported.
 * - `unknown`: it depends on facts that are unknown.
 */
export type Status = 'chosen' | 'out-ranked' | 'would-work' | 'refused' | 'not-installed' | 'unknown';

/** A limit that a fact of the question breaks. */
export interface Limit {
  readonly fact: string;
  readonly asked: Json;
  /** The values with which this reason falls, all other facts being as they are. */
  readonly allowed: ValueSet;
}

/** Why a backend is refused. */
export interface Reason {
  /** vLLM's own words; null where they depend on unknown facts. */
  readonly text: string | null;
  /** Whether it holds whatever the unknown facts are. */
  readonly certain: boolean;
  /** Facts that suffice for it to hold, whatever all others are. */
  readonly because: readonly string[];
  /** Those of them that would lift it by themselves, with the values that do. Another reason may then take its place. */
  readonly limits: readonly Limit[];
  /** `file:line` in the release: where the reason is given, then what decides it. */
  readonly places: readonly string[];
}

export interface Candidate {
  readonly backend: string;
  readonly status: Status;
  /** Its place on the platform's list, from 0; null where it is not on it, or where that is unknown. */
  readonly priority: number | null;
  readonly reasons: readonly Reason[];
}

/** What forcing a backend would come to. */
export interface Forcing {
  readonly backend: string;
  readonly outcome: 'starts' | 'refused' | 'unknown';
  /** What would then run, where it is not this backend itself. */
  readonly runs?: string;
  readonly error: DecisionError | null;
}

/** A fact, and values that it could have. */
export interface Change {
  readonly fact: string;
  readonly from: Json;
  readonly to: ValueSet;
}

/** A change with which another backend would be chosen: one fact or, for a backend of the list that none reaches, two. */
export interface WhatIf {
  readonly backend: string;
  /** All of them are needed. */
  readonly changes: readonly Change[];
}

/** One condition of an open answer: the fact has one of these values. */
export interface Condition {
  readonly fact: string;
  readonly is: ValueSet;
}

/** An answer that unknown facts leave possible. */
export interface Possible {
  /** The backend that would run; null where vLLM would refuse. */
  readonly backend: string | null;
  readonly error: DecisionError | null;
  /** It happens where all conditions of one of these lists hold. */
  readonly when: readonly (readonly Condition[])[];
  /** Whether `when` says all cases. */
  readonly complete: boolean;
}

/** A fact that is unknown and would settle or narrow the answer. */
export interface Need {
  readonly fact: string;
  /** What is known of it: why it is not. */
  readonly where?: string;
  /** For each value that makes a difference, the answers that are left: backends, or errors by their type. */
  readonly leaves: readonly { readonly is: ValueSet; readonly answers: readonly string[] }[];
}

/** A value that unknown facts leave possible. */
export interface PossibleValue {
  /** Null where it is none, or where `known` says that it is not. */
  readonly value: Json;
  readonly known: boolean;
  /** It comes out where all conditions of one of these lists hold. */
  readonly when: readonly (readonly Condition[])[];
  /** Whether `when` says all cases. */
  readonly complete: boolean;
}

/** Something that is worked out, or depends on what is unknown. */
interface Settled {
  readonly known: boolean;
  /** Facts that suffice for it. */
  readonly because: readonly string[];
  readonly places: readonly string[];
}

/** Something that the release's code settles, by the code's own name for it. */
export interface Setting extends Settled {
  readonly name: string;
  /** Null where it is none, or where `known` says that it is not. */
  readonly value: Json;
  /** Where it is not known: the values that are left, as far as they can be told apart. */
  readonly possible: readonly PossibleValue[];
  /** Where it is not known: the unknown facts that were looked at. */
  readonly needs: readonly string[];
}

/** What the metadata builder of the chosen backend settles. */
export interface BuilderFacts {
  readonly class: string;
  /** Once, when a worker makes it: the first says up to how many tokens a query counts as a decode. */
  readonly settings: readonly Setting[];
  /** For every batch anew: facts that begin with `batch.` are the batch's own. */
  readonly perBatch: readonly Setting[];
  /** What its own code raises for certain, which ends the start; whether it may raise something. */
  readonly error: DecisionError | null;
  readonly mayRaise: boolean;
}

/** What comes out where answers must not depend on the batch, all other facts being as they are. */
export interface BatchInvariance {
  /** The switch for it. */
  readonly fact: string;
  readonly outcome: 'starts' | 'refused' | 'unknown';
  readonly backend: string | null;
  /** The backends of the list with nothing against them else, and what is against them then. */
  readonly disables: readonly { readonly backend: string; readonly reasons: readonly string[] }[];
}

/** A call of a package outside by which the platform sets something when it is imported. */
export interface SetAtImport {
  readonly call: string;
  readonly argument: Json;
  readonly places: readonly string[];
}

/** What the platform makes of the block size that is asked for; its places are those where it sets another. */
export interface AskedBlockSize extends Settled {
  readonly asked: number;
  /** Null where it is not known. */
  readonly runs: Json;
}

export interface LogLine {
  readonly level: string;
  readonly text: string;
  readonly places: readonly string[];
}

/** Another variant of the question, decided beside it. */
export interface VariantAnswer {
  readonly name: string;
  readonly outcome: 'starts' | 'refused' | 'unknown';
  readonly backend: string | null;
  /** Whether it comes out as the question does. */
  readonly same: boolean;
}

/** Something that a reader of the answer should know. */
export interface Note {
  readonly code: 'not-modelled' | 'registered' | 'not-read' | 'bounded' | 'inexact' | 'variant';
  readonly text: string;
}

export interface Decision {
  readonly schemaVersion: 1;
  /** What was asked: decided again, it gives the same decision. */
  readonly question: Question;
  readonly release: string;
  readonly platform: string;
  /** The parts of a one-line headline. */
  readonly headline: {
    readonly outcome: 'starts' | 'refused' | 'unknown';
    readonly backend: string | null;
    readonly how: Winner['how'] | null;
    readonly flashAttention: number | null;
    readonly device: string | null;
    readonly release: string;
    readonly possible: readonly string[];
  };
  readonly facts: readonly UsedFact[];
  /** What the platform sets when it is imported, whatever is asked. */
  readonly atImport: readonly SetAtImport[];
  readonly outcome: 'starts' | 'refused' | 'unknown';
  readonly error: DecisionError | null;
  readonly winner: Winner | null;
  /** Where the outcome is unknown: the answers that are left. */
  readonly possible: readonly Possible[];
  readonly needs: readonly Need[];
  readonly candidates: readonly Candidate[];
  /** How many backends are left at each step; null where the platform ranks none. */
  readonly funnel: {
    readonly known: number;
    readonly listed: number;
    readonly installed: number;
    readonly valid: number;
    readonly chosen: number;
  } | null;
  /** The version that the release's own function gives for this layer; null where it gives none or it is unknown. */
  readonly flashAttention: {
    readonly version: number | null;
    readonly known: boolean;
    /** Whether the chosen backend takes in FlashAttention; null where the rules do not say, or none is chosen. */
    readonly used: boolean | null;
    readonly because: readonly string[];
  } | null;
  /** What follows from the choice; null where no backend is chosen, a part null where it is unknown or there is none. */
  readonly follows: {
    readonly blockSize: Json;
    readonly supportedBlockSizes: Json;
    /** Null where none is asked for, or where the release's platform sets none before the selection. */
    readonly askedBlockSize: AskedBlockSize | null;
    readonly kvLayout: { readonly [name: string]: Json };
    readonly cudagraphSupport: Json;
    /** Null where the rules say nothing of it. */
    readonly builder: BuilderFacts | null;
    /** The parts that depend on unknown facts. */
    readonly unknown: readonly string[];
  } | null;
  /** What vLLM will print, from INFO up, as far as it is certain. */
  readonly logs: readonly LogLine[];
  readonly forcing: readonly Forcing[];
  readonly whatif: readonly WhatIf[];
  /** Null where the rules do not ask for it, or changes are left out. */
  readonly batchInvariance: BatchInvariance | null;
  readonly variants: readonly VariantAnswer[];
  readonly notes: readonly Note[];
}
