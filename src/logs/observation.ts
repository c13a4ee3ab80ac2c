/** What a log shows of the starts of vLLM, as plain JSON. */
import type { Json } from '../engine/index.ts';

/** One selection of a backend. Equal lines of several ranks of one start are one. */
export interface Selection {
  /** Null where the name that is printed is none that the release has. */
  readonly backend: string | null;
  /** The backends that were left, as they are printed; null where none are. */
  readonly candidates: readonly string[] | null;
  readonly how: How;
  /** `drafter` where the line comes after the one that tells that a drafter is loaded. */
  readonly role: string | null;
  readonly line: number;
  readonly process: string | null;
}

/** Chosen from a list, asked for, set by the model or by the platform. */
export type How = 'auto' | 'forced' | 'model' | 'platform';

/** An error that ended a start, or one of its processes. */
export interface LogError {
  readonly type: string;
  readonly text: string;
  /** The backend that was asked for, where the error is about that. */
  readonly requested: string | null;
  /** What is against it; by backend where the error says it of several. */
  readonly reasons: Json;
  /** What was asked of the selection, where the error says it. */
  readonly configuration: string | null;
  readonly line: number;
  readonly process: string | null;
}

/** How far a start is seen to come. */
export type Reached = 'boot' | 'ready' | 'completed' | 'failed';

/** A value, and the line that says it. */
export interface Told<T> {
  readonly value: T;
  readonly line: number;
}

export interface Start {
  readonly service: string | null;
  readonly firstLine: number;
  /** Where several servers print into one stream, lines that say nothing are the newest one's. */
  readonly lastLine: number;
  readonly release: string | null;
  readonly model: string | null;
  /** What was given on the command line or to the constructor; null where it is not printed. */
  readonly arguments: Readonly<Record<string, Json>> | null;
  readonly selections: readonly Selection[];
  readonly flashAttentionVersion: number | null;
  readonly mlaPrefill: string | null;
  readonly vit: string | null;
  readonly kvCacheLayout: string | null;
  readonly kvCacheDtype: string | null;
  readonly dtype: string | null;
  /** The kind of device: one name for all GPUs that are addressed in the same way. */
  readonly device: string | null;
  readonly blockSize: number | null;
  /** Who set it: the line that started the server, or the release; null where the log does not tell. */
  readonly blockSizeBy: 'user' | 'release' | null;
  readonly cudagraphMode: { readonly asked: string | null; readonly effective: string | null };
  readonly modelRunner: string | null;
  readonly speculative: string | null;
  readonly deadVariables: readonly string[];
  readonly errors: readonly LogError[];
  readonly unknownNames: readonly string[];
  readonly reached: Reached;
  /** The line of the log that says a part of this, by the name of the part; of a dead variable or an unknown name `deadVariables.NAME`. */
  readonly lines: Readonly<Record<string, number>>;
}

/** What one file shows. */
export interface LogObservation {
  readonly starts: readonly Start[];
  readonly lines: number;
  /** How many lines were longer than is looked at. */
  readonly cut: number;
  /** Whether vLLM wrote anything in it. */
  readonly isLog: boolean;
}
