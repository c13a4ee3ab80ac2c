/** What a line or an error reports, told by where it stands in its function. */
import type { Node } from '../python/index.ts';
import { type Flow, itemsOf, rootsOf } from './lineflow.ts';
import { childrenOf, pathOf, type Spoken } from './linewalk.ts';

/** Which choice a line is about. */
export type Choice = 'attention' | 'vision' | 'prefill';

/** A line or an error that reports something. */
export interface LinePattern {
  /** `file:line` in the release. */
  readonly at: string;
  /** The level of a line; of an error the name of its class. */
  readonly level: string;
  readonly raised?: true;
  readonly of?: Choice;
  /** How the choice came about, where the line is printed for one way alone. */
  readonly how?: 'auto' | 'forced' | 'platform';
  /** Another line was perhaps printed before it for the same choice. */
  readonly again?: true;
  /** The words as they are written; an object is a hole, and says what stands there. */
  readonly text: readonly (string | { readonly is: string | null })[];
  /** What it reports without printing it. */
  readonly says?: Readonly<Record<string, string | number>>;
}

/** Functions that give a backend, by what it is for. */
export const CHOOSES: readonly (readonly [RegExp, Choice])[] = [
  [/^_?(?:cached_)?get_attn_backend(?:_cls)?$/, 'attention'],
  [/vit_(?:flash_)?attn_backend/, 'vision'],
  [/mla_prefill_backend/, 'prefill'],
];

/** Where something is said: the function, what its values come from, which choice it makes, the module. */
export interface Where {
  readonly fn: string;
  readonly flow: Flow;
  readonly of: Choice | undefined;
  readonly module: Module;
}

/** What a module says of all its functions. */
export interface Module {
  readonly file: string;
  /** The choice whose registry of backends it holds. */
  readonly registry: Choice | undefined;
  /** The name of a backend by the path of its class. */
  readonly nameOf: (path: string) => string | undefined;
}

/** The attributes that are looked for, by the last name of what is assigned; a call of a setter counts as one. */
const FIELDS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\.)cudagraph_mode$/, 'cudagraphMode'],
  [/cache_config\.block_size$/, 'blockSize'],
  [/(?:^|\.)kv_cache_layout$|^set_kv_cache_layout\(\)$/, 'kvCacheLayout'],
  [/attention_config\.backend$/, 'forces'],
];

export const fieldOf = (to: string): string | undefined => FIELDS.find(([pattern]) => pattern.test(to))?.[1];

/** What a hole says; null where it is nothing that is looked for. */
export function meaningOf(part: Node, spoken: Spoken, where: Where): string | null {
  const printed = printedPath(part);
  const roots = rootsOf(part, where.flow);
  const near = [...spoken.beside, ...spoken.assigned.toReversed(), ...spoken.later];
  // of what is assigned to one attribute, the nearest counts
  const nearest = FIELDS.map(([pattern]) => near.find(({ to }) => pattern.test(to)));
  const assigned = nearest.find((one) => one !== undefined && printed !== '' && printedPath(one.value) === printed);
  if (assigned && !spoken.raised) return fieldOf(assigned.to)!;
  if (where.fn === 'get_kv_cache_layout' && spoken.returned && printedPath(spoken.returned) === printed)
    return 'kvCacheLayout';
  if (printed.endsWith('.vllm_flash_attn_version')) return 'flashAttentionVersion';
  if (printed === 'VLLM_VERSION' || (printed === 'version' && /version/.test(where.fn))) return 'release';
  if (roots.has('call:get_non_default_args') || roots.has('non_default_args')) return 'arguments';
  if (/(?:^|\.)vllm_config$/.test(printed)) return 'config';
  if (roots.has('each:os.environ')) return 'variable';
  if (where.of === undefined) return null;
  return spoken.raised ? refusal(part, roots, printed, where) : choice(part, roots, printed, spoken, where);
}

const REASONS: readonly string[] = ['call:validate_configuration', 'call:get_valid_backends'];

/** What a hole of an error says. */
function refusal(part: Node, roots: ReadonlySet<string>, printed: string, { flow }: Where): string | null {
  const own = printed.split('.')[0]!;
  const made = flow.sources.get(own);
  if (printed.endsWith('backend') || (flow.parameters.has(printed) && made === undefined && printed === 'name'))
    return 'requested';
  if (REASONS.some((root) => roots.has(root))) return 'reasons';
  if ([...roots].some((root) => /^param:\w*selector_config$/.test(root)) && part.nodeType !== 'Attribute')
    return 'configuration';
  return null;
}

/** What a hole of a line says, where the function goes on to return what it chose. */
function choice(
  part: Node,
  roots: ReadonlySet<string>,
  printed: string,
  { returned, level }: Spoken,
  { flow }: Where,
): string | null {
  const items = itemsOf(part, flow);
  if (items !== undefined) {
    if (level === 'DEBUG') return null;
    const from = returned ? rootsOf(returned, flow) : undefined;
    return from?.has(pathOf(items)) === true ||
      (from === undefined && roots.has('call:get_valid_backends') && pathOf(items).startsWith('valid'))
      ? 'candidates'
      : null;
  }
  if (returned === undefined) return null;
  if (isMember(printed)) return rootsText(returned).has(printed) ? 'backend' : null;
  const own = printed.split('.')[0]!;
  if (!/^\w+(?:\.backend)?$/.test(printed) || own === '') return null;
  const from = rootsOf(returned, flow);
  return from.has(own) || shareMade(own, from, flow) ? 'backend' : null;
}

/** Whether a name and what is returned are parts of one thing: both are taken out of the same name. */
const shareMade = (own: string, from: ReadonlySet<string>, { sources }: Flow): boolean =>
  (sources.get(own) ?? []).some((value) => {
    const whole = pathOf(value).split('.')[0]!;
    return whole !== '' && whole !== 'self' && whole !== 'cls' && from.has(whole) && sources.has(whole);
  });

const isMember = (path: string): boolean => /^(?:\w+BackendEnum|_Backend)\.\w+$/.test(path);

/** The members of registries that an expression names. */
export function rootsText(node: Node): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (one: Node): void => {
    const path = pathOf(one);
    const member = /^(?:\w+BackendEnum|_Backend)\.\w+/.exec(path)?.[0];
    if (member !== undefined) found.add(member);
    for (const child of childrenOf(one)) look(child);
  };
  look(node);
  return found;
}

/** The path of names that is printed: `str(x)`, `x.name` and `x.get_name()` print x. */
function printedPath(node: Node): string {
  if (node.nodeType === 'Call') {
    const args = node['args'] as readonly Node[];
    const func = pathOf(node['func'] as Node);
    if (args.length === 1 && /^(?:str|repr|int)$/.test(func)) return printedPath(args[0]!);
    return args.length === 0 ? func.replace(/\.get_name$/, '') : '';
  }
  return pathOf(node).replace(/\.(?:name|value|__name__)$/, '');
}
