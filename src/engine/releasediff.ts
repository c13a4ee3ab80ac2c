/** How two releases differ in selecting a backend: what their rules say of every value that either of them can tell apart. */
import type { Facts, Machine, Resolved, Term } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { createProber } from './explain.ts';
import type { Prober } from './explain.ts';
import { argumentChanges } from './flagdiff.ts';
import type { ArgumentChanges } from './flagdiff.ts';
import type { ArgumentTable } from './flags.ts';
import { backendsOf, fieldsOf, isOpen } from './outcome.ts';
import { refusalChanges } from './refusaldiff.ts';
import type { Pair, RefusalChange } from './refusaldiff.ts';

/** One of the two releases, on one platform. */
export interface DiffSide {
  readonly backends: readonly string[];
  readonly machine: Machine;
  /** What holds wherever nothing else is tried, as what is installed. */
  readonly facts: Facts;
  /** Absent where only the selection was learned. */
  readonly arguments?: ArgumentTable;
}

export interface NamedBackend {
  readonly name: string;
  readonly class: string | null;
}

export interface Renamed {
  readonly from: string;
  readonly to: string;
  readonly class: string;
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
  /** Variables of the environment that the selection reads. */
  readonly environment: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** null where one of the releases was learned without its flags. */
  readonly flags: ArgumentChanges | null;
  /** What could not be compared, for it depends on facts that this comparison leaves open. */
  readonly open: readonly string[];
}

/** Compares two releases, but for the order of their lists. What is not certain in both is not compared, and named. */
export function diffReleases(before: DiffSide, after: DiffSide): ReleaseDiff {
  const probers = [createProber(before.machine, before.facts), createProber(after.machine, after.facts)] as const;
  const backends = backendChanges(before, after);
  const pairs = pairsOf(before, after, backends.renamed);
  const properties = pairs.map((pair) => propertyChanges(...probers, pair));
  return {
    backends,
    refusals: pairs.flatMap((pair) => refusalChanges(...probers, pair)),
    properties: properties.flatMap(({ changes }) => changes),
    environment: appeared(variablesOf(before), variablesOf(after)),
    flags:
      before.arguments === undefined || after.arguments === undefined
        ? null
        : argumentChanges(before.arguments, after.arguments),
    open: properties.flatMap(({ open }) => open),
  };
}

/** Whether nothing differs. */
export const isSame = ({ backends, refusals, properties, environment, flags }: ReleaseDiff): boolean =>
  [
    ...Object.values(backends),
    refusals,
    properties,
    ...Object.values(environment),
    ...(flags === null ? [] : Object.values(flags)),
  ].every((part: readonly unknown[]) => part.length === 0);

const variablesOf = ({ machine }: DiffSide): string[] =>
  machine.inputs.flatMap((name) => (name.startsWith('env.') ? [name.slice('env.'.length)] : []));

function appeared(before: readonly string[], after: readonly string[]): ReleaseDiff['environment'] {
  return {
    added: after.filter((name) => !before.includes(name)).toSorted(),
    removed: before.filter((name) => !after.includes(name)).toSorted(),
  };
}

/** Backends that came and went; one of the same class under another name is renamed. */
function backendChanges(before: DiffSide, after: DiffSide): ReleaseDiff['backends'] {
  const named = (side: DiffSide, other: DiffSide): NamedBackend[] => {
    const classes = backendsOf(side.machine.rules);
    return side.backends
      .filter((name) => !other.backends.includes(name))
      .map((name) => ({ name, class: classes.get(name) ?? null }));
  };
  const removed = named(before, after);
  const added = named(after, before);
  const renamed = removed.flatMap((from): Renamed[] => {
    const same = added.filter((to) => to.class !== null && to.class === from.class);
    return same.length === 1 ? [{ from: from.name, to: same[0]!.name, class: same[0]!.class! }] : [];
  });
  return {
    added: added.filter(({ name }) => !renamed.some(({ to }) => to === name)),
    removed: removed.filter(({ name }) => !renamed.some(({ from }) => from === name)),
    renamed,
  };
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
