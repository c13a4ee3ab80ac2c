/**
 * The lines that a release prints about what it chose, and the errors that say why it did not: their words as the source
 * writes them, and what they report. What a line reports is told by where it stands: by what its function returns, by what
 * is assigned beside it, by what was tested before. Of its words it is asked only whether they speak of what is assigned.
 */
import type { Node } from '../python/index.ts';
import { before, flowOf, rootsOf } from './lineflow.ts';
import { CHOOSES, type LinePattern, meaningOf, type Module, type Where } from './linemeaning.ts';
import { chosenSilently, silent } from './linesilent.ts';
import { createModules, isRegistry, membersOf, ownName, ownNames } from './linenames.ts';
import { type Part, partsOfWords } from './linetexts.ts';
import { type Spoken, spokenIn } from './linewalk.ts';
import type { Tree } from './tree.ts';

/** All that a release prints of its choices. */
export interface LineTable {
  /** The names in its registries of backends, with the paths of their classes. */
  readonly backends: Readonly<Record<string, string>>;
  /** The names that backends give themselves, where they are others. */
  readonly names: readonly string[];
  readonly lines: readonly LinePattern[];
}

/** What was read of a release, and the files that seem to speak of a choice and cannot be parsed: what they print is not known. */
export interface LinesRead {
  readonly table: LineTable;
  readonly unread: readonly string[];
}

/** Only files that speak of one of these are looked at. */
const SPEAKS =
  /get_attn_backend|vit_(?:flash_)?attn_backend|mla_prefill_backend|flash_attn_version|kv_cache_layout|\.block_size = |cudagraph_mode|use_v2_model_runner|in os\.environ|drafter\.load_model\(|VLLM_VERSION|non_default_args|attention_config\.backend|BackendEnum\(|class _Backend|_initialize_kv_caches/;

/** Reads the lines of a release, in the order of its files; of a plug-in, those of its own packages, beside which the release's files stand. */
export function readLogLines(tree: Tree, packages: readonly string[] = ['vllm']): LinesRead {
  const unread = new Set<string>();
  const parsed = createModules(tree, unread);
  const modules = packages
    .flatMap((name) => tree.list(name))
    .filter((file) => file.endsWith('.py'))
    .flatMap((file) => {
      const text = tree.read(file) ?? '';
      return /logger\.|\braise\b|BackendEnum/.test(text) && SPEAKS.test(text)
        ? [{ file, body: parsed(file) ?? [] }]
        : [];
    });
  const backends: Record<string, string> = {};
  for (const { body } of modules)
    for (const node of body) if (isRegistry(node)) Object.assign(backends, membersOf(node));
  const byPath = new Map(
    Object.entries(backends)
      .map(([name, path]) => [path, name] as const)
      .toReversed(),
  );
  const nameOf = (path: string): string | undefined => byPath.get(path) ?? ownName(parsed, path);
  const lines = modules.flatMap(({ file, body }) => {
    const names = body.filter(isRegistry).map(({ name }) => String(name));
    const registry =
      names.length === 0 ? undefined : names.some((name) => name.includes('Prefill')) ? 'prefill' : 'attention';
    return functionsOf(body).flatMap((fn) => linesOf(fn, { file, registry, nameOf }));
  });
  const names = ownNames(tree, packages).filter((name) => !(name in backends));
  return { table: { backends, names, lines: withoutDoubt(lines.filter(reports)) }, unread: [...unread] };
}

/** Every function of a module, and those of its classes. */
function functionsOf(body: readonly Node[]): Node[] {
  return body.flatMap((node) => {
    if (node.nodeType === 'FunctionDef' || node.nodeType === 'AsyncFunctionDef')
      return [node, ...functionsOf(node['body'] as readonly Node[])];
    if (node.nodeType === 'ClassDef' || node.nodeType === 'If' || node.nodeType === 'Try')
      return functionsOf([...(node['body'] as readonly Node[]), ...((node['orelse'] ?? []) as readonly Node[])]);
    return [];
  });
}

function linesOf(fn: Node, module: Module): LinePattern[] {
  const name = String(fn['name']);
  const of = CHOOSES.find(([pattern]) => pattern.test(name))?.[1];
  const flow = flowOf(fn);
  return spokenIn(fn).flatMap((spoken) => {
    const about = of ?? (spoken.raised && name === '__getitem__' ? module.registry : undefined);
    return byLine(patternOf(spoken, { fn: name, flow: before(flow, spoken.line), of: about, module }));
  });
}

/** Words of several lines are printed as lines of their own, each with what stands before it. */
function byLine(pattern: LinePattern): LinePattern[] {
  if (pattern.raised || !pattern.text.some((part) => typeof part === 'string' && part.includes('\n'))) return [pattern];
  const lines: (string | { readonly is: string | null })[][] = [[]];
  for (const part of pattern.text) {
    const [first, ...others] = typeof part === 'string' ? part.split('\n') : [part];
    lines.at(-1)!.push(first);
    for (const one of others) lines.push([one]);
  }
  return lines.map((text) => ({ ...pattern, text: joined(text) }));
}

function patternOf(spoken: Spoken, where: Where): LinePattern {
  const holes = joined(
    partsOfWords(spoken).map((part: Part) =>
      typeof part === 'string' ? part : { is: meaningOf(part, spoken, where) },
    ),
  );
  const words = holes.map((part) => (typeof part === 'string' ? part : '')).join(' ');
  const is = (role: string): boolean => holes.some((part) => typeof part !== 'string' && part.is === role);
  const says = spoken.raised ? {} : { ...silent(spoken, words, holes, where), ...chosenSilently(spoken, where) };
  const chooses = is('backend') || is('candidates') || 'backend' in says || spoken.raised;
  const how = is('candidates') ? 'auto' : is('backend') && isAsked(spoken, where) ? 'forced' : 'platform';
  return {
    at: `${where.module.file}:${spoken.line}`,
    level: spoken.level,
    ...(spoken.raised ? { raised: true as const } : {}),
    ...(chooses && where.of !== undefined ? { of: where.of } : {}),
    ...(chooses && where.of !== undefined && !spoken.raised
      ? isTold(spoken, where)
        ? { again: true as const }
        : { how }
      : {}),
    text: holes,
    ...(Object.keys(says).length === 0 ? {} : { says }),
  };
}

/** Whether what is returned is made of what the function was asked for alone. */
const isAsked = ({ returned }: Spoken, { flow }: Where): boolean =>
  returned !== undefined && [...rootsOf(returned, flow)].some((root) => /^param:.*backend$/.test(root));

/** Whether another function that chooses gave what is returned. */
const isTold = ({ returned }: Spoken, { flow }: Where): boolean =>
  returned !== undefined &&
  [...rootsOf(returned, flow)].some((root) =>
    CHOOSES.some(([pattern]) => pattern.test(root.replace(/^call:/, '')) && root.startsWith('call:')),
  );

/** Neighbouring words put together. */
function joined(parts: LinePattern['text']): LinePattern['text'] {
  const out: (string | { readonly is: string | null })[] = [];
  for (const part of parts) {
    const before = out.at(-1);
    if (typeof part === 'string' && typeof before === 'string') out[out.length - 1] = before + part;
    else if (part !== '') out.push(part);
  }
  return out;
}

/** Whether something can be learned from a line, and whether its words tell it from others. */
const reports = ({ text, says, raised }: LinePattern): boolean =>
  text.some((part) => typeof part === 'string' && /\w{3}/.test(part)) &&
  (says !== undefined || text.some((part) => typeof part !== 'string' && part.is !== null)) &&
  (raised === undefined || text.some((part) => typeof part !== 'string'));

const keyOf = ({ at, text, raised }: LinePattern): string =>
  `${at.split(':')[0]!} ${raised === true ? 'raised' : ''} ${JSON.stringify(text)}`;

/** Lines of one file in the same words report only what all of them report. */
function withoutDoubt(lines: readonly LinePattern[]): LinePattern[] {
  const kept = new Map<string, LinePattern>();
  for (const line of lines) {
    const before = kept.get(keyOf(line));
    kept.set(keyOf(line), before === undefined ? line : common(before, line));
  }
  return [...kept.values()].filter(reports);
}

function common(a: LinePattern, b: LinePattern): LinePattern {
  const { says, how, of, again, ...rest } = a;
  const both = Object.entries(says ?? {}).filter(([field, value]) => b.says?.[field] === value);
  return {
    ...rest,
    ...(of !== undefined && of === b.of ? { of } : {}),
    ...(how !== undefined && how === b.how ? { how } : {}),
    ...((again ?? b.again) ? { again: true as const } : {}),
    ...(both.length === 0 ? {} : { says: Object.fromEntries(both) }),
  };
}
