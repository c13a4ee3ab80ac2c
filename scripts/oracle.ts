import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { installOf, stockOf } from '#catalog';
import { readPackages } from '#disk';
import { bulkAnswer, type BulkAnswer, type BulkQuestion, type ReleaseData, type Stock } from '#engine';
import { createMachine, type Machine, unpackRules } from '#rules';

/*
 * Recorded answers of real releases, and how ours are compared with them.
 */

export interface Recorded {
  readonly q: BulkQuestion & {
    readonly id: string;
    /** The constants that a plug-in's build writes, by the module that holds them. */
    readonly build?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  readonly a: Readonly<Record<string, unknown>>;
}

/** The lines of a file of records, plain or zipped. */
export function recordedLines(file: string): string[] {
  const bytes = readFileSync(file);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').filter(Boolean);
}

/** The recorded questions of a file with one `{"q", "a"}` a line, plain or zipped; those of one platform, where it is named. */
export function readRecorded(file: string, platform?: string): Recorded[] {
  return recordedLines(file)
    .map((line) => JSON.parse(line) as Recorded)
    .filter(({ q }) => platform === undefined || platformOf(q) === platform);
}

const platformOf = ({ platform }: BulkQuestion): string => platform ?? 'cuda';

/** The platforms that the questions of a file are about. */
export const platformsIn = (file: string): readonly string[] => [
  ...new Set(readRecorded(file).map(({ q }) => platformOf(q))),
];

/** The rules of a release for one platform, and what its official image holds, or what the recorder took it to hold. */
export function openRelease(
  release: ReleaseData,
  platform: string,
): { readonly machine: Machine; readonly stock: Stock } {
  const packages = readPackages();
  const requirements = release.requirements[platform];
  const needs = { release: release.release, requirements };
  // vLLM's own images do not hold a plug-in's
  if (release.plugin !== undefined) return { machine: machineOf(release, platform), stock: stockOf(packages, {}) };
  const held = installOf(packages, platform, 'image', needs);
  const { recorder } = packages;
  const taken =
    recorder[platform] === undefined ? {} : installOf({ ...packages, installs: recorder }, platform, 'recorder', needs);
  return { machine: machineOf(release, platform), stock: stockOf(packages, { ...held, ...taken }) };
}

const machineOf = ({ selection }: ReleaseData, platform: string): Machine =>
  createMachine(unpackRules(selection[platform]!));

/** What is installed, with the constants that a plug-in's build wrote, for a question that says them. */
export function withBuild(stock: Stock, { build }: Recorded['q']): Stock {
  if (build === undefined) return stock;
  const written = new Map(
    Object.entries(build).flatMap(([module, constants]) =>
      Object.entries(constants).map(([name, value]) => [`${module}.${name}`, value]),
    ),
  );
  return { ...stock, facts: (install) => ({ get: (name) => written.get(name) ?? stock.facts(install).get(name) }) };
}

/** Answers questions with the rules of a release for one platform. */
export function createAnswers(release: ReleaseData, platform: string): (q: BulkQuestion) => BulkAnswer {
  const { machine, stock } = openRelease(release, platform);
  return (q) => bulkAnswer(machine, q, stock, release.release);
}

export interface Difference {
  readonly key: string;
  readonly got: unknown;
  readonly want: unknown;
  /** Whether ours leaves it open instead of being wrong. */
  readonly open: boolean;
}

const ATTENTION = [
  'winner',
  'candidates',
  'rejected',
  'requested_reasons',
  'fa_version',
  'block_size',
  'supported_block_sizes',
  'kv_layout',
  'cudagraph_support',
  'error',
  'logs',
];
const VIT = ['vit', 'vit_supported', 'error', 'logs'];

/** Where our answer differs from the recorded one. */
export function differences({ q, a }: Recorded, answer: BulkAnswer): Difference[] {
  return (q.kind === 'vit' ? VIT : ATTENTION).flatMap((key) => {
    const want = comparable(key, a[key]);
    const got = comparable(key, answer[key]);
    const open = answer.unknown.includes(key);
    return !open && JSON.stringify(got) === JSON.stringify(want) ? [] : [{ key, got, want, open }];
  });
}

/** What of an answer is compared. */
function comparable(key: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (key === 'logs') return (value as readonly (readonly string[])[]).filter(([level]) => level === 'INFO');
  if (key === 'error') {
    const { type, text } = value as { readonly type: unknown; readonly text: unknown };
    return { type, text: ownWords(String(text)) };
  }
  // where a platform has no such list, its complaint about being asked was recorded
  if (key === 'vit_supported' && typeof value === 'string') return null;
  // refusals keep their order; the other objects were recorded with their keys sorted
  if (key === 'kv_layout') return Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)));
  return value;
}

/** The field and vLLM's own message of a validation error, without what pydantic adds. */
function ownWords(text: string): string {
  return text
    .trim()
    .replace(/^\d+ validation errors? for \w+\n/, '')
    .replaceAll(/ \[type=[^\n]*(?:\n|$)/g, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.includes('errors.pydantic.dev'))
    .join('\n');
}
