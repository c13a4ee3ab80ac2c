/** How two releases differ in selecting a backend: what their rules say of every value that either of them can tell apart. */
import { printed } from '../rules/index.ts';
import type { Facts, Machine, Resolved, Term } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { readList } from './candidates.ts';
import { createProber } from './explain.ts';
import type { Prober } from './explain.ts';
import { argumentChanges } from './flagdiff.ts';
import type { ArgumentChanges } from './flagdiff.ts';
import type { ArgumentTable } from './flags.ts';
import { logChanges } from './logdiff.ts';
import type { LogChanges } from './logdiff.ts';
import { backendsOf, fieldsOf, isOpen, resolved, TERMS } from './outcome.ts';
import { refusalChanges } from './refusaldiff.ts';
import type { Pair, RefusalChange } from './refusaldiff.ts';
import { compareSituations } from './situations.ts';
import type { Compared, Reading } from './situations.ts';

/** One of the two releases, on one platform. */
export interface DiffSide {
  readonly backends: readonly string[];
  readonly machine: Machine;
  /** What holds wherever nothing else is tried, as what is installed. */
  readonly facts: Facts;
  /** A plain question, with every fact. */
  readonly plain: Facts;
  /** The variables of the environment that the release has, and where each stands; absent where they are not known. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Absent where only the selection was learned. */
  readonly arguments?: ArgumentTable;
}

/** A variable of the environment. */
export interface Variable {
  readonly name: string;
  /** Where the release names it; null where it is no name of its own. */
  readonly place: string | null;
  /** Whether the selection reads it. */
  readonly selects: boolean;
}

export interface NamedBackend {
  readonly name: string;
  readonly class: string | null;
}

export interface Renamed {
  readonly from: string;
  readonly to: string;
  readonly class: string;
  /** What tells that it is the same one. */
  readonly by: 'class' | 'name of the class' | 'module';
}

export interface PropertyChange {
  readonly backend: string;
  readonly property: string;
  readonly before: Json;
  readonly after: Json;
}

export interface ReleaseDiff {
  readonly backends: {
    readonly added: readonly NamedBackend[];
    readonly removed: readonly NamedBackend[];
    readonly renamed: readonly Renamed[];
  };
  readonly refusals: readonly RefusalChange[];
  readonly properties: readonly PropertyChange[];
  /** Where the ranked lists differ, each as names joined by commas. */
  readonly ranks: Compared;
  /** Where the version of FlashAttention differs, for layers without MLA and with it. */
  readonly flashAttention: Readonly<Record<'attention' | 'mla', Compared>>;
  /** Lines that are printed while a backend is selected. */
  readonly logs: LogChanges;
  /** Variables of the environment that the release has, or that its selection reads. */
  readonly environment: { readonly added: readonly Variable[]; readonly removed: readonly Variable[] };
  /** null where one of the releases was learned without its flags. */
  readonly flags: ArgumentChanges | null;
  /** What could not be compared, for it depends on facts that this comparison leaves open. */
  readonly open: readonly string[];
}

/** Compares two releases. What is not certain in both is not compared, and named. */
export function diffReleases(before: DiffSide, after: DiffSide): ReleaseDiff {
  const probers = [createProber(before.machine, before.facts), createProber(after.machine, after.facts)] as const;
  const plain = [createProber(before.machine, before.plain), createProber(after.machine, after.plain)] as const;
  const backends = backendChanges(before, after);
  const pairs = pairsOf(before, after, backends.renamed);
  const properties = pairs.map((pair) => propertyChanges(...probers, pair));
  return {
    backends,
    refusals: pairs.flatMap((pair) => refusalChanges(...probers, pair)),
    properties: properties.flatMap(({ changes }) => changes),
    ranks: compareSituations(plain, rankIn(backends.renamed)),
    flashAttention: {
      attention: compareSituations(plain, versionIn('attention')),
      mla: compareSituations(plain, versionIn('mla')),
    },
    logs: logChanges(before.machine, after.machine),
    environment: variableChanges(before, after),
    flags:
      before.arguments === undefined || after.arguments === undefined
        ? null
        : argumentChanges(before.arguments, after.arguments),
    open: properties.flatMap(({ open }) => open),
  };
}

/** Whether nothing differs. */
export const isSame = ({ backends, refusals, properties, environment, flags, ...more }: ReleaseDiff): boolean =>
  [
    ...Object.values(backends),
    refusals,
    properties,
    more.ranks.moved,
    more.flashAttention.attention.moved,
    more.flashAttention.mla.moved,
    ...Object.values(more.logs),
    ...Object.values(environment),
    ...(flags === null ? [] : Object.values(flags)),
  ].every((part: readonly unknown[]) => part.length === 0);

/** The variables of a release, those first that its selection reads. */
function variablesOf({ machine, environment = {} }: DiffSide): Variable[] {
  const read = machine.inputs.flatMap((name) => (name.startsWith('env.') ? [name.slice('env.'.length)] : []));
  const placed = (name: string): string | null => (Object.hasOwn(environment, name) ? environment[name]! : null);
  const others = Object.keys(environment).filter((name) => !read.includes(name));
  return [
    ...read.toSorted().map((name) => ({ name, place: placed(name), selects: true })),
    ...others.toSorted().map((name) => ({ name, place: placed(name), selects: false })),
  ];
}

/** The variables that one of two releases has; where one does not tell of its own, of those alone that a selection reads. */
function variableChanges(one: DiffSide, other: DiffSide): ReleaseDiff['environment'] {
  const areKnown = one.environment !== undefined && other.environment !== undefined;
  const [before, after] = [one, other].map((side) =>
    variablesOf(side).filter(({ selects }) => areKnown || selects),
  ) as [Variable[], Variable[]];
  const without = (all: readonly Variable[], some: readonly Variable[]): Variable[] =>
    all.filter(({ name }) => !some.some((one) => one.name === name));
  return { added: without(after, before), removed: without(before, after) };
}

/** The list of backends as a platform ranks them, refused or not, by the names of the later release. */
const rankIn =
  (renamed: readonly Renamed[]): Reading =>
  (machine, side) => {
    if (machine.rules.terms[TERMS.valid] === undefined) return undefined;
    const rows = readList(machine);
    if (rows.length === 0 || rows.some((row) => row.priority === null || row.valid + row.refused !== 1))
      return undefined;
    const name = (own: string): string => (side === 0 ? (renamed.find(({ from }) => from === own)?.to ?? own) : own);
    return rows.map(({ backend }) => name(backend)).join(', ');
  };

const versionIn =
  (kind: 'attention' | 'mla'): Reading =>
  (machine) => {
    const version = resolved(machine, `flash_attn_version.${kind}`);
    return isOpen(version) ? undefined : version === null ? 'none' : printed(version);
  };

/** What may tell that two backends are one, the surest first. */
const SAME: readonly (readonly [by: Renamed['by'], of: (path: string) => string])[] = [
  ['class', (path) => path],
  ['name of the class', (path) => path.slice(path.lastIndexOf('.') + 1)],
  ['module', (path) => path.slice(0, path.lastIndexOf('.'))],
];

/** Backends that came and went; one that is told to be the same under another name is renamed. */
function backendChanges(before: DiffSide, after: DiffSide): ReleaseDiff['backends'] {
  const named = (side: DiffSide, other: DiffSide): NamedBackend[] => {
    const classes = backendsOf(side.machine.rules);
    return side.backends
      .filter((name) => !other.backends.includes(name))
      .map((name) => ({ name, class: classes.get(name) ?? null }));
  };
  let removed = named(before, after);
  let added = named(after, before);
  const renamed: Renamed[] = [];
  for (const [by, of] of SAME)
    for (const from of removed) {
      const like = (other: NamedBackend): boolean =>
        other.class !== null && from.class !== null && of(other.class) === of(from.class);
      const [to, ...more] = added.filter(like);
      if (to === undefined || to.class === null || more.length > 0 || removed.filter(like).length > 1) continue;
      renamed.push({ from: from.name, to: to.name, class: to.class, by });
      removed = removed.filter((one) => one !== from);
      added = added.filter((one) => one !== to);
    }
  return { added, removed, renamed };
}

function pairsOf(before: DiffSide, after: DiffSide, renamed: readonly Renamed[]): Pair[] {
  const held = backendsOf(after.machine.rules);
  return [...backendsOf(before.machine.rules).keys()].flatMap((name): Pair[] => {
    const to = renamed.find(({ from }) => from === name)?.to ?? name;
    return held.has(to) ? [[name, to]] : [];
  });
}

/** Fields of a backend's record that are told elsewhere. */
const TOLD = new Set(['class', 'name']);

/** What a backend says of itself, where both releases say it whatever is asked. */
function propertyChanges(
  earlier: Prober,
  later: Prober,
  [from, to]: Pair,
): { readonly changes: PropertyChange[]; readonly open: string[] } {
  const [before, after] = [earlier.with({}), later.with({})];
  const [a, b] = [fieldsOf(before.rules.terms[`backend.${from}`]), fieldsOf(after.rules.terms[`backend.${to}`])];
  const changes: PropertyChange[] = [];
  const open: string[] = [];
  for (const property of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (TOLD.has(property)) continue;
    const was = valueOf(before, a[property]);
    const is = valueOf(after, b[property]);
    if (isOpen(was) || isOpen(is)) open.push(`${to}: ${property}`);
    else if (JSON.stringify(was) !== JSON.stringify(is))
      changes.push({ backend: to, property, before: was as Json, after: is as Json });
  }
  return { changes, open };
}

const valueOf = (machine: Machine, term: Term | undefined): Resolved => machine.resolve(term ?? null);
