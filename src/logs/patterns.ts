/** Finds what a line reports among the lines that releases print. */
import type { LinePattern, LinePiece, LineTable } from '../engine/index.ts';

/** A line of a release that was met, and what stood in its holes. */
export interface Met {
  readonly pattern: LinePattern;
  readonly holes: Readonly<Record<string, string>>;
}

export interface Patterns {
  /** The names of all files that print something that is looked for. */
  readonly files: () => Iterable<string>;
  /** What a line of a file of that name can be; of a release that is not known, of all that are. */
  readonly line: (file: string, message: string, release: string | null) => Met | undefined;
  /** What an error says, by the name of its class and its words. */
  readonly error: (type: string, text: string, release: string | null) => Met | undefined;
  /** Whether a release has a backend of that name; of a release that is not known, whether any has. */
  readonly isBackend: (name: string, release: string | null) => boolean;
}

/** How what stands in a hole is written. */
const WRITTEN: Readonly<Record<string, string>> = {
  backend: String.raw`((?:\w+\.)?\w+)`,
  candidates: String.raw`([[(].*[\])])`,
  requested: String.raw`((?:\w+\.)?[\w.-]+)`,
  release: String.raw`(\d[\w.+!-]*)`,
  variable: String.raw`([A-Za-z_]\w*)`,
  blockSize: String.raw`(\d{1,9})`,
  flashAttentionVersion: String.raw`(\d)`,
  kvCacheLayout: '([A-Z]{2,8})',
  cudagraphMode: String.raw`((?:\w+\.)?[A-Z_]+)`,
};

/** What has all the parts that the number of a release has. */
const RELEASE = /^\d+\.\d+\.\w/;

/**
 * What was met, without the value that reaches the end of a text of which it is not known whether it `ends` there. What is known by
 * what stands behind each of its parts is left.
 */
export function wholeOf(met: Met | undefined, ends: boolean): Met | undefined {
  const last = met?.pattern.text.at(-1);
  if (met === undefined || last === undefined || typeof last === 'string' || last.is === null || isLong(last.is))
    return met;
  const isCut = !ends || (last.is === 'release' && !RELEASE.test(met.holes['release'] ?? ''));
  if (!isCut) return met;
  return { ...met, holes: Object.fromEntries(Object.entries(met.holes).filter(([hole]) => hole !== last.is)) };
}

interface Compiled {
  readonly pattern: LinePattern;
  /** Made when it is asked for first. */
  readonly expression: () => RegExp;
  readonly holes: readonly string[];
}

interface Table {
  readonly byFile: ReadonlyMap<string, readonly Compiled[]>;
  readonly errors: readonly Compiled[];
  readonly backends: ReadonlySet<string>;
}

/** Makes ready the tables of all releases that are known, newest first. */
export function createPatterns(tables: readonly LineTable[]): Patterns {
  // what a plug-in prints is kept as RELEASE+PLUGIN: it is printed beside what its release prints
  const byRelease = new Map<string, LineTable[]>();
  for (const table of tables)
    byRelease.set(baseOf(table.release), [...(byRelease.get(baseOf(table.release)) ?? []), table]);
  const ready = new Map<string, Table>();
  const all = (): Table => once(ready, '', () => tableOf(tables));
  // older releases than those that were learned are in a table of their own; their words may be those of a newer one, meant otherwise
  const learned = tables.map(({ release }) => baseOf(release)).filter((release) => release !== OLDER);
  const old = (): Table =>
    once(ready, OLDER, () =>
      tableOf(tables.toSorted((a, b) => Number(b.release === OLDER) - Number(a.release === OLDER))),
    );
  const isOld = (release: string): boolean => learned.every((one) => isBefore(release, one));
  const of = (release: string | null): Table => {
    const known = release === null ? undefined : byRelease.get(baseOf(release));
    if (known) return once(ready, baseOf(release!), () => tableOf(known));
    return release !== null && isOld(baseOf(release)) ? old() : all();
  };
  return {
    files: () => all().byFile.keys(),
    line: (file, message, release) => firstMet(of(release).byFile.get(file) ?? [], message),
    error: (type, text, release) =>
      firstMet(
        of(release).errors.filter(({ pattern }) => pattern.level === type),
        text,
      ),
    isBackend: (name, release) => of(release).backends.has(name),
  };
}

/** The table of all releases that are older than those that were learned. */
const OLDER = '0';

/** Whether a release is older than another, by its first two numbers: those that are learned begin with such. */
function isBefore(release: string, other: string): boolean {
  const [[own = Number.NaN, minor = Number.NaN], [major = Number.NaN, least = Number.NaN]] = [release, other].map(
    (one) => one.split('.').map(Number),
  ) as [number[], number[]];
  return own < major || (own === major && minor < least);
}

const baseOf = (release: string): string => release.replace(/\+.*$/, '');

function once<T>(known: Map<string, T>, key: string, make: () => T): T {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}

/** The lines of several releases: those that say the same in the same words are one, those that say otherwise in the same words none. */
function tableOf(tables: readonly LineTable[]): Table {
  const lines = new Map<string, Compiled | undefined>();
  for (const { lines: own } of tables)
    for (const pattern of own) {
      const file = fileOf(pattern);
      const key = `${pattern.raised ? pattern.level : file} ${JSON.stringify(pattern.text)}`;
      const before = lines.get(key);
      if (!lines.has(key)) lines.set(key, compiled(pattern));
      else if (before && saysOf(before.pattern) !== saysOf(pattern)) lines.set(key, undefined);
    }
  const byFile = new Map<string, Compiled[]>();
  const errors: Compiled[] = [];
  for (const one of lines.values()) {
    if (one === undefined) continue;
    if (one.pattern.raised) errors.push(one);
    else byFile.set(fileOf(one.pattern), [...(byFile.get(fileOf(one.pattern)) ?? []), one]);
  }
  // words that are certain come before words with a hole that they would fill
  for (const of of [...byFile.values(), errors]) of.sort((one, other) => openIn(one) - openIn(other));
  const backends = new Set(tables.flatMap(({ backends: own, names = [] }) => [...Object.keys(own), ...names]));
  return { byFile, errors, backends };
}

/** 1 where the words of a line have a hole, else 0. */
const openIn = ({ pattern }: Compiled): number => (pattern.text.some((piece) => typeof piece !== 'string') ? 1 : 0);

const saysOf = ({ says, of }: LinePattern): string => JSON.stringify([of, says]);

const fileOf = ({ at }: LinePattern): string => at.slice(at.lastIndexOf('/') + 1).replace(/:\d+$/, '');

function compiled(pattern: LinePattern): Compiled {
  const holes: string[] = [];
  const source = pattern.text.map((piece) => sourceOf(piece, holes)).join('');
  let made: RegExp | undefined;
  return { pattern, expression: () => (made ??= new RegExp(`^${source}$`, 's')), holes };
}

function sourceOf(piece: LinePiece, holes: string[]): string {
  if (typeof piece === 'string') return piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  if (piece.is === null) return '.*?';
  holes.push(piece.is);
  return WRITTEN[piece.is] ?? '(.+?)';
}

/** Longer words than this are those of a configuration, or none that are looked for. */
const LONG = 16_384;
const isLong = (hole: string): boolean => hole === 'config' || hole === 'arguments';

/** The first that fits. */
function firstMet(all: readonly Compiled[], words: string): Met | undefined {
  const text = words.trimEnd();
  for (const { pattern, expression, holes } of all) {
    const [first] = pattern.text;
    if (typeof first === 'string' && !text.startsWith(first)) continue;
    if (text.length > LONG && !holes.some(isLong)) continue;
    const match = expression().exec(text);
    if (match) return { pattern, holes: Object.fromEntries(holes.map((hole, i) => [hole, match[i + 1]!])) };
  }
  return undefined;
}
