/** What a log shows beside what is decided, group by group and fact by fact. */
import { LM, type Change, type Decision, type GroupDecision, type ServerDecision } from '../engine/index.ts';
import type { Start } from '../logs/index.ts';
import { layerNames } from './shown.ts';

type Json = GroupDecision['whatif'][number]['changes'][number]['from'];

/** One group of layers, or one fact of the start. */
export interface Row {
  /** The class of the layers, or what they ask for; or the fact, as `KV dtype`. */
  readonly what: string;
  /** The names of the layers. */
  readonly names: string;
  /** How many layers; null for a fact. */
  readonly layers: number | null;
  readonly predicted: string | number | null;
  /** Null where the log does not print it. */
  readonly observed: string | number | null;
  readonly verdict: 'agrees' | 'differs' | 'cannot tell';
  /** Single facts with which what ran would be chosen. */
  readonly consistentWith: readonly string[];
}

/** What else is asked for a backend, in words, and where a log shows what it was. */
const BESIDE: Readonly<Record<string, readonly [what: string, shown: (start: Start) => string | null]>> = {
  vision: ['vision', ({ vit }) => vit],
  get_mla_prefill_backend: ['MLA prefill', ({ mlaPrefill }) => mlaPrefill],
  draft: ['drafting', drafterIn],
};

/** The layers that ask the selection, of the model that is served and of one that drafts: a log need not tell them apart. */
export const isAsking = (role: string): boolean => role === LM || role === 'draft';

/** The backend that a log shows for the layers of what drafts; null where it does not tell these apart, or shows several. */
function drafterIn({ selections }: Start): string | null {
  const [one, ...others] = new Set(selections.flatMap(({ role, backend }) => (role === null ? [] : [backend])));
  return others.length === 0 ? (one ?? null) : null;
}

/** The backends that a log shows for the layers of the model itself; null where it does not show all. */
export function observedIn({ selections }: Start): readonly string[] | null {
  const own = selections.filter(({ role }) => role === null);
  const named = own.flatMap(({ backend }) => backend ?? []);
  return own.length > 0 && named.length === own.length ? [...new Set(named)] : null;
}

/** The groups of layers that are decided: which backend each has by the rules, and whether the log shows it. */
export function groupRows(start: Start, { groups }: Pick<ServerDecision, 'groups'>): Row[] {
  const observed = observedIn(start);
  const predicted = new Set(groups.flatMap(({ role, backend }) => (isAsking(role) ? (backend ?? []) : [])));
  // what ran and is predicted for no group ran for one of those that differ
  const others = observed?.filter((one) => !predicted.has(one)) ?? [];
  return groups.flatMap((group): Row[] => {
    const { role, layer, layers, backend } = group;
    const [what, shown] = BESIDE[role] ?? [layer];
    if (role === 'draft' && group.decision === null) return [];
    if (role !== LM && shown === undefined) return [];
    const ran = shown ? shown(start) : ranFor(backend, observed, others);
    const verdict = ran === null || backend === null ? 'cannot tell' : ran === backend ? 'agrees' : 'differs';
    const names = layerNames(group.names);
    return [{ what, names, layers, predicted: backend, observed: ran, verdict, consistentWith: [] }];
  });
}

/** One layer that was asked about, beside what the log shows of all. */
export function layerRow(start: Start, decision: Decision): Row {
  const observed = observedIn(start);
  const predicted = decision.winner?.backend ?? null;
  const ran = ranFor(predicted, observed, observed ?? []);
  const verdict = ran === null || predicted === null ? 'cannot tell' : ran === predicted ? 'agrees' : 'differs';
  const consistentWith = verdict === 'differs' ? changesTo(decision, new Set(String(ran).split(', '))) : [];
  return { what: 'layer', names: '', layers: 1, predicted, observed: ran, verdict, consistentWith };
}

/** What ran for layers with a predicted backend, as far as a log tells: it names no layers. */
function ranFor(backend: string | null, observed: readonly string[] | null, others: readonly string[]): string | null {
  if (observed === null) return null;
  if (backend !== null && observed.includes(backend)) return backend;
  return others.length > 0 ? others.join(', ') : null;
}

/** Single facts with which a layer would get one of these backends. */
function changesTo(decision: Pick<Decision, 'whatif'>, wanted: ReadonlySet<string>): string[] {
  const all = decision.whatif.flatMap(({ backend, changes: [change, ...more] }) =>
    wanted.has(backend) && change !== undefined && more.length === 0 ? [changeText(change)] : [],
  );
  return [...new Set(all)];
}

/** A changed fact in words. */
export const changeText = ({ fact, from, to }: Change): string =>
  `${fact} ${to.text}, where the question has ${from === NOT_THERE ? 'nothing' : JSON.stringify(from)}`;

/** How a change says that nothing was there. */
const NOT_THERE = '{missing}';

/** Facts of a start that a log prints, and by which name they are decided. */
const FACTS: readonly (readonly [what: string, fact: string, shown: (start: Start) => string | number | null])[] = [
  ['dtype', 'model_config.dtype', ({ dtype }) => dtype],
  ['KV dtype', 'cache_config.cache_dtype', ({ kvCacheDtype }) => kvCacheDtype],
  ['block size', 'final.block_size', ({ blockSize }) => blockSize],
  ['KV layout', 'final.kv_cache_layout', ({ kvCacheLayout }) => kvCacheLayout],
  ['CUDA graphs', 'final.cudagraph_mode', ({ cudagraphMode }) => cudagraphMode.effective],
];

/** What layers ask with that is such a fact, or follows from it. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  dtype: ['model_config.dtype', 'call.dtype'],
  'KV dtype': ['cache_config.cache_dtype', 'call.kv_cache_dtype'],
  'block size': ['call.block_size', 'cache_config.block_size'],
};

/** Whether a fact with which layers ask is one that the log shows to be as it is decided. */
export const isShownAsked = (facts: readonly Row[], name: string): boolean =>
  facts.some(({ what, verdict }) => verdict === 'agrees' && ASKED[what]?.includes(name) === true);

/** What a log shows otherwise than it is decided, by the names of the facts. */
export const differingFacts = (facts: readonly Row[]): Record<string, Json> =>
  Object.fromEntries(
    FACTS.flatMap(([what, fact]) =>
      facts.flatMap((row) => (row.what === what && row.verdict === 'differs' ? [[fact, row.observed] as const] : [])),
    ),
  );

/** How the row of the version of FlashAttention is called. */
export const FLASH_ATTENTION = 'FlashAttention';

/** The facts of a start that the log prints or that are decided. */
export function factRows(start: Start, { resolved, headline }: Pick<ServerDecision, 'resolved' | 'headline'>): Row[] {
  const known = new Map<string, Json | undefined>(resolved.map(({ name, value }) => [name, value]));
  const versions = new Set(headline.backends.flatMap(({ flashAttention }) => flashAttention ?? []));
  const [version] = versions.size === 1 ? versions : [];
  return [
    factRow(FLASH_ATTENTION, version, start.flashAttentionVersion),
    ...FACTS.map(([what, fact, shown]) => factRow(what, known.get(fact), shown(start))),
  ].filter(({ observed }) => observed !== null);
}

function factRow(what: string, value: Json | undefined, observed: string | number | null): Row {
  const predicted = typeof value === 'string' || typeof value === 'number' ? value : null;
  const verdict =
    predicted === null || observed === null ? 'cannot tell' : predicted === observed ? 'agrees' : 'differs';
  return { what, names: '', layers: null, predicted, observed, verdict, consistentWith: [] };
}
