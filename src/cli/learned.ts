/** What was learned: its parts, the files that are written, and what is said of both. */
import { gzipSync } from 'node:zlib';
import { meets } from '../catalog/index.ts';
import {
  linesBeside,
  linesText,
  modelClassesFile,
  modelClassesText,
  ownClassesBeside,
  releaseText,
  type TransformersData,
  transformersText,
} from '../disk/index.ts';
import { releaseName } from '../engine/index.ts';
import type { Learned, LearnedRelease } from '../release/index.ts';
import {
  countOutcomes,
  type OpaqueUse,
  opaqueUses,
  type PackedRuleSet,
  type RuleSet,
  unpackRules,
} from '../rules/index.ts';
import type { LearnResult } from './learning.ts';

/** The files that are written, the first of them `file`. The same for the same tree and day, `on` as YYYY-MM-DD. */
export const learnedTexts = (
  result: LearnResult,
  file: string,
  on: string,
): readonly (readonly [file: string, text: string])[] => textsOf(result, file, on, partsOf(result));

/** The same, where its parts are known already. */
export function textsOf(
  result: LearnResult,
  file: string,
  on: string,
  parts: readonly PartSummary[],
): readonly (readonly [file: string, text: string])[] {
  if (!('learned' in result)) return [[file, transformersText(result.classes)]];
  const { learned, models } = result;
  const { schemaVersion, release, source, ...rest } = learned;
  const about = parts.map(({ part, rules, unread, opaque }) => {
    const touched = [...new Set(opaque.flatMap(({ terms }) => terms))].toSorted();
    return [part, { rules, opaque: unread.filter(({ kind }) => kind === 'opaque').length, touched }] as const;
  });
  const dated = { schemaVersion, release, source, learned: { on, parts: Object.fromEntries(about) }, ...rest };
  return [
    [file, releaseText(dated)],
    // of a selection alone there are none
    ...(isWhole(learned) ? [[modelClassesFile(file), modelClassesText(learned, models)] as const] : []),
    ...(result.own ? [[ownClassesBeside(file, result.own.transformers), transformersText(result.own)] as const] : []),
    ...(result.lines
      ? [[linesBeside(file), linesText({ release: releaseName(learned), ...result.lines })] as const]
      : []),
  ];
}

/** What `learn` says of what it learned. */
export interface Summary {
  readonly schemaVersion: 1;
  readonly release: string;
  readonly source: Learned['source'];
  readonly plugin?: Learned['plugin'];
  /** What stands against what was learned. */
  readonly warnings?: readonly string[];
  readonly files: number;
  readonly ignored: readonly string[];
  readonly written: readonly { readonly file: string; readonly bytes: number; readonly gzipped: number }[];
  readonly parts: readonly PartSummary[];
  /** Of configuration classes: how many there are, and those that were not read. */
  readonly classes?: { readonly read: number; readonly unread: Readonly<Record<string, string>> };
  /** Of model classes: how many there are, and what was not read of which. */
  readonly models?: { readonly read: number; readonly unread: Readonly<Record<string, string>> };
}

/** One part: how much it holds, what was not read exactly, and what rests on that. */
export interface PartSummary {
  readonly part: string;
  readonly terms: number;
  readonly rules: number;
  readonly conditions: number;
  readonly unread: Learned['unread'][string];
  readonly opaque: readonly OpaqueUse[];
}

/** All that is said of what was learned and written. */
export function summarize(
  result: LearnResult,
  texts: ReturnType<typeof learnedTexts>,
  parts: readonly PartSummary[],
): Summary {
  const { files, ignored } = result;
  const written = texts.map(([file, text]) => {
    return { file, bytes: Buffer.byteLength(text), gzipped: gzipSync(text, { level: 9 }).length };
  });
  const about = { files, ignored, written };
  if ('classes' in result) {
    const { transformers, source, classes } = result.classes;
    const counted = { read: Object.keys(classes).length, unread: unreadOf(result.classes) };
    return { schemaVersion: 1, release: `transformers ${transformers}`, source, ...about, parts: [], classes: counted };
  }
  const { release, source, plugin } = result.learned;
  const unread = result.models.flatMap((m) => (m.unread ? [[m.class, m.unread.join('; ')] as const] : []));
  const { missing = [] } = result;
  const warnings = [...warningsOf(result.learned, result.requires), ...missing];
  const paired = {
    ...(plugin === undefined ? {} : { plugin }),
    ...(plugin === undefined && warnings.length === 0 ? {} : { warnings }),
  };
  const whole = { schemaVersion: 1, release, source, ...paired, ...about, parts } as const;
  if (!isWhole(result.learned)) return whole;
  const { own } = result;
  const models = { read: result.models.length - unread.length, unread: Object.fromEntries(unread) };
  return {
    ...whole,
    models,
    ...(own ? { classes: { read: Object.keys(own.classes).length, unread: unreadOf(own) } } : {}),
  };
}

/** Classes that were not read, whole or in part, and why. */
function unreadOf({ classes, unread }: TransformersData): Readonly<Record<string, string>> {
  const part = Object.values(classes).flatMap(({ class: name, unread: own }) =>
    own === undefined ? [] : [[name, own.join('; ')] as const],
  );
  return { ...unread, ...Object.fromEntries(part) };
}

/** What stands against a plug-in and a release as a pair, by what the plug-in says of itself. */
function warningsOf({ release, plugin }: Learned, requires: string | undefined): string[] {
  if (plugin === undefined) return [];
  const own = `${plugin.name} ${plugin.version}`;
  if (requires !== undefined && !meets(release, requires))
    return [`${own} requires vLLM ${requires}, and it was learned with ${release}: what it answers may not be so.`];
  const base = (version: string): string => /^\d+(?:\.\d+)*/.exec(version)?.[0] ?? version;
  return requires === undefined && base(plugin.version) !== base(release)
    ? [
        `${own} does not say which vLLM it requires, and its number is not that of ${release}, with which it was learned.`,
      ]
    : [];
}

/** Whether a release was learned whole, and not how backends are selected alone. */
const isWhole = ({ config }: Learned): boolean => Object.keys(config).length > 0;

/** The parts of what was learned; of configuration classes there are none. */
export const partsOf = (result: LearnResult): PartSummary[] =>
  'learned' in result ? partsOfRelease(result.learned, result.models) : [];

function partsOfRelease(learned: Learned, models: LearnedRelease['models']): PartSummary[] {
  const packed: readonly (readonly [string, PackedRuleSet])[] = [
    ...(isWhole(learned) ? [['arguments', learned.arguments.rules] as const] : []),
    ...Object.entries(learned.model).flatMap(([platform, { shape, config }]) => [
      [`model.${platform}.shape`, shape] as const,
      [`model.${platform}`, config] as const,
    ]),
    ...Object.entries(learned.config).map(([platform, rules]) => [`config.${platform}`, rules] as const),
    ...Object.entries(learned.selection).map(([platform, rules]) => [`selection.${platform}`, rules] as const),
    ...Object.entries(learned.engine).map(([platform, rules]) => [`engine.${platform}`, rules] as const),
  ];
  const parts = packed.map(([part, written]) => {
    const rules = unpackRules(written);
    const { terms, nodes } = rules;
    const unread = learned.unread[part] ?? [];
    const counted = { terms: Object.keys(terms).length, rules: countOutcomes(rules), conditions: nodes.length };
    return { part, ...counted, unread, opaque: opaqueUses(rules) };
  });
  const layers = models.flatMap(({ class: name, layers: rules }) =>
    rules === undefined ? [] : [[name.slice(name.indexOf(':') + 1), rules] as const],
  );
  if (!isWhole(learned)) return parts;
  return [
    ...parts,
    joinedPart(
      'models',
      layers,
      layers.reduce((n, [, { nodes }]) => n + nodes.length, 0),
      learned,
    ),
    ...(['quantization', 'making'] as const).flatMap((part) => methodParts(learned, part)),
  ];
}

/** The parts that hold rules by the method of quantization, by platform. */
const methodParts = (learned: Learned, part: 'quantization' | 'making'): PartSummary[] =>
  Object.entries(learned[part]).map(([platform, { methods, rules }]) =>
    joinedPart(
      `${part}.${platform}`,
      methods.map((method) => [method, unpackRules(rules, `${method}/`)]),
      unpackRules(rules).nodes.length,
      learned,
    ),
  );

/** Several rule sets as one part: each of them counts as a term. */
function joinedPart(
  part: string,
  sets: readonly (readonly [name: string, rules: RuleSet])[],
  conditions: number,
  learned: Learned,
): PartSummary {
  const opaque = new Map<string, { readonly what: string; readonly place: string | undefined; terms: string[] }>();
  for (const [name, rules] of sets) {
    for (const { what, place } of opaqueUses(rules)) {
      const key = `${place ?? ''}\n${what}`;
      const met = opaque.get(key) ?? { what, place, terms: [] };
      met.terms.push(name);
      opaque.set(key, met);
    }
  }
  const ordered = [...opaque.values()].toSorted((a, b) => ((a.place ?? a.what) < (b.place ?? b.what) ? -1 : 1));
  const rules = sets.reduce((n, [, set]) => n + countOutcomes(set), 0);
  return { part, terms: sets.length, rules, conditions, unread: learned.unread[part] ?? [], opaque: ordered };
}
