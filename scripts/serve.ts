import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { caseOf } from '#cli';
import { parseJson } from '#disk';
import type { ServeCase } from '#engine';

/*
 * Whole command lines that vLLM itself answered.
 */

/* oxlint-disable typescript/no-explicit-any -- records are JSON of another tool */
type Json = any;

export interface ServeRecord {
  readonly case: ServeCase & { readonly extra_models?: object };
  readonly answer: Json;
}

/** The records of a file, one a line, plain or zipped. */
export const readServeRecords = (file: string): ServeRecord[] =>
  linesOf(file).map((line) => ({ case: caseOf(line), answer: (parseJson(line, file) as Json).answer }));

/** The same of questions that are no whole command lines. */
export const readRecords = (file: string): { readonly case: Json; readonly answer: Json }[] =>
  linesOf(file).map((line) => parseJson(line, file) as { readonly case: Json; readonly answer: Json });

function linesOf(file: string): string[] {
  const bytes = readFileSync(file);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').filter(Boolean);
}

const ROLES = new Set(['lm', 'mamba', 'mla_prefill']);

/** Whether a record is of a decoder alone, without a drafter. */
export const isDecoderOnly = ({ case: c, answer: a }: ServeRecord): boolean =>
  !c.extra_models &&
  !c.args.some((arg: string) => arg.includes('spec')) &&
  (a.groups ?? []).every((group: Json) => ROLES.has(group.role));
