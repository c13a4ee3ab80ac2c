/**
 * Rule sets as files: conditions as lines, variables as rows, terms that stand at several places written once. What is read
 * is taken apart when it is asked for: of all that a rule set says a question needs little.
 */
import { YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { damagedRules } from './error.ts';
import { createFree } from './free.ts';
import { guardsOf, inputsOf } from './flat.ts';
import { keepLayout } from './layout.ts';
import type { Layout } from './layout.ts';
import { lazyRecord, linesBehind, namesOf, reader } from './lazy.ts';
import { lineReader, lineText } from './lines.ts';
import type { NodeRow } from './lines.ts';
import { packTerms, termReader } from './packterms.ts';
import { meaningRow, readMeaning, sizeOfRow } from './rows.ts';
import type { VariableRow } from './rows.ts';
import { reordered } from './reorder.ts';
import { COMPUTED } from './terms.ts';
import type { RuleSet, ShippedMeaning, Term } from './terms.ts';

/**
 * A rule set as it is written. Condition 0 is never, 1 is always, and n stands in line n - 2. In terms a condition is `true`,
 * `false`, or how much its number is more than that of the one before in the row; `{ "ref": n }` stands for `shared[n]`.
 */
export interface PackedRuleSet {
  /** What is read, by number. */
  readonly inputs: readonly string[];
  readonly variables: readonly VariableRow[];
  readonly conditions: readonly string[];
  readonly places: readonly string[];
  /** By the number of a loop: the variables that speak of it, and the computed numbers. */
  readonly loops: Readonly<Record<string, readonly (number | string)[]>>;
  readonly shared: readonly unknown[];
  readonly terms: Readonly<Record<string, unknown>>;
  /** Terms of which a question needs those of one set, by what stands before their names. */
  readonly sets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Writes a rule set. `unpackRules` of the result is worth the same; its conditions have other numbers. `prefixes` are those
 * of the sets that are read one by one.
 */
export function packRules(given: RuleSet, prefixes: readonly string[] = []): PackedRuleSet {
  const rules = reordered(given);
  const lines = linesOf(rules);
  const at = new Map(lines.map((c, line) => [c, line]));
  const row = (c: Cond): NodeRow => rules.nodes[c - 2]!;
  const numberOf = (c: Cond): Cond => (c <= YES ? c : at.get(c)! + 2);
  const sizes = new Map<number, number>();
  for (const [v, ...runs] of rules.nodes)
    sizes.set(
      v!,
      runs.reduce((n, x, i) => (i % 2 === 1 ? n + x : n), 0),
    );
  const { shared, terms } = packTerms(rules.terms, numberOf);
  const inputs = inputsOf(rules);
  const inputAt = new Map(inputs.map((name, n) => [name, n]));
  const numbers = { condition: numberOf, input: (name: string): number => inputAt.get(name)! };
  return {
    inputs,
    variables: rules.variables.map((m, v) => meaningRow(m, 'cases' in m && sizes.get(v) === m.cases.length, numbers)),
    conditions: lines.map((c, line) => lineText(c, line, row, (kid) => at.get(kid))),
    places: rules.places,
    loops: loopsOf(rules),
    shared,
    ...inSets(terms, prefixes),
  };
}

function inSets(
  all: Readonly<Record<string, unknown>>,
  prefixes: readonly string[],
): Pick<PackedRuleSet, 'terms' | 'sets'> {
  if (prefixes.length === 0) return { terms: all };
  const terms: Record<string, unknown> = {};
  const sets: Record<string, Record<string, unknown>> = Object.fromEntries(prefixes.map((prefix) => [prefix, {}]));
  for (const [name, term] of Object.entries(all)) {
    const prefix = prefixes.find((one) => name.startsWith(one));
    if (prefix === undefined) terms[name] = term;
    else sets[prefix]![name.slice(prefix.length)] = term;
  }
  return { terms, sets };
}

/** The conditions that get lines of their own: those that terms and variables name, and what stands in several others. */
function linesOf({ variables, nodes, terms }: RuleSet): readonly Cond[] {
  const own = new Set<Cond>();
  for (const m of variables) {
    if ('cases' in m) for (const c of m.cases) own.add(c);
    if ('exists' in m) own.add(m.exists);
  }
  const look = guardsOf((c) => void own.add(c));
  for (const t of Object.values(terms)) look(t);
  const met = new Set<Cond>();
  for (const [, ...runs] of nodes)
    for (const kid of runs.filter((_, i) => i % 2 === 0)) {
      // what is short is written again
      if (met.has(kid) && !isShort(nodes[kid - 2])) own.add(kid);
      met.add(kid);
    }
  return [...own].filter((c) => c > YES).sort((a, b) => a - b);
}

/** Do a node's values lead to yes and no alone? */
const isShort = (row: NodeRow | undefined): boolean =>
  row === undefined || row.every((x, i) => i % 2 === 0 || x <= YES);

function loopsOf(rules: RuleSet): PackedRuleSet['loops'] {
  const free = createFree(rules);
  const loops: Record<string, (number | string)[]> = {};
  const put = (names: ReadonlySet<string>, what: number | string): void => {
    for (const at of names) (loops[at] ??= []).push(what);
  };
  for (let v = 0; v < rules.variables.length; v++) put(free.variable(v), v);
  for (const [name, t] of Object.entries(rules.terms)) if (name.startsWith(COMPUTED)) put(free.term(t), name);
  return loops;
}

const PARTS = ['inputs', 'variables', 'conditions', 'places', 'loops', 'shared', 'terms'] as const;

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a rule set as it was written, or one of the sets in it by its prefix, without that. Shared terms become one and the
 * same object.
 */
export function unpackRules(packed: PackedRuleSet, prefix = ''): RuleSet {
  if (!isRecord(packed)) throw damagedRules('a rule set', 'It is no object.');
  const parts = namesOf(packed);
  const lacking = PARTS.find((part) => !parts.includes(part));
  if (lacking !== undefined) throw damagedRules('a rule set is not whole', `It has no ${lacking}.`);
  const { inputs, variables: rows, places } = packed;
  const read = termReader(packed.shared, packed.conditions.length + 1);
  if (!isRecord(packed.terms)) throw damagedRules('a rule set', 'Its terms are no object.');
  const own = prefix === '' ? packed.terms : (packed.sets?.[prefix] ?? {});
  const terms = lazyRecord<Term>(
    () => namesOf(own),
    (name) => {
      const term = name.startsWith(COMPUTED) ? packed.terms[name] : own[name];
      return term === undefined ? undefined : read(term);
    },
  );
  const meanings: ShippedMeaning[] = [];
  const rowAt = reader(rows);
  const meaning = (v: number): ShippedMeaning => (meanings[v] ??= readMeaning(rowAt(v)!, inputs));
  let all: readonly ShippedMeaning[] | undefined;
  let nodes: readonly NodeRow[] | undefined;
  const rules: RuleSet = {
    places,
    terms,
    get variables() {
      return (all ??= Array.from({ length: rows.length }, (_, v) => meaning(v)));
    },
    get nodes() {
      return (nodes ??= nodesOf(packed));
    },
  };
  keepLayout(rules, layoutOf(packed, meaning));
  return rules;
}

/** How many values the variable of each row has, each looked up once. */
function sizeIn(rows: readonly VariableRow[]): (v: number) => number | undefined {
  const sizes = new Int32Array(rows.length);
  const rowAt = reader(rows);
  return (v) => {
    const known = sizes[v];
    if (known !== undefined && known !== 0) return known;
    const row = rowAt(v);
    return row && (sizes[v] = sizeOfRow(row));
  };
}

function layoutOf(packed: PackedRuleSet, meaning: (v: number) => ShippedMeaning): Layout {
  const { variables: rows, conditions, loops, inputs } = packed;
  let moving: ReadonlySet<number | string> | undefined;
  const sizeOf = sizeIn(rows);
  const lineAt = reader(conditions);
  const read = lineReader(sizeOf, (line) => -2 - line);
  let named: ReadonlySet<string> | undefined;
  return {
    variables: rows.length,
    conditions: conditions.length + 2,
    meaning,
    sizeOf: (v) => sizeOf(v)!,
    lay: (c, make) => read(lineAt(c - 2)!, c - 2, make),
    inputs,
    sorts: (slots) => sortsIn(rows, slots).map(meaning),
    moving: (at) => (loops[at] ?? []).filter((v) => typeof v === 'number'),
    // none of them is read for it
    isComputed: (name) => (named ??= new Set(namesOf(packed.terms))).has(name),
    isFixed: (name) => !(moving ??= new Set(Object.values(loops).flat())).has(name),
  };
}

/** The rows that say of which value or kind an input is, of the inputs with these numbers. */
function sortsIn(rows: readonly VariableRow[], slots: ReadonlySet<number>): number[] {
  const lines = linesBehind(rows);
  const isOf = (v: number): boolean => {
    // of a line that is not read yet the beginning says enough
    const slot = lines ? SORT.exec(lines[v]!)?.[1] : isSort(rows[v]!) ? rows[v]![1] : undefined;
    return slot !== undefined && slots.has(Number(slot));
  };
  const sorts: number[] = [];
  for (let v = 0; v < rows.length; v++) if (isOf(v)) sorts.push(v);
  return sorts;
}

const SORT = /^\["[=:]",(\d+),/;
const isSort = ([tag]: VariableRow): boolean => tag === '=' || tag === ':';

/** All conditions as nodes: those of the lines in their order, then what stands inside them. */
function nodesOf({ variables, conditions }: PackedRuleSet): NodeRow[] {
  const nodes: NodeRow[] = Array.from({ length: conditions.length });
  const read = lineReader(sizeIn(variables), (other) => other + 2);
  for (const [line, text] of conditions.entries()) {
    read(text, line, (v, runs, from, to) => nodes.push([v, ...runs.slice(from, to)]) + 1);
    nodes[line] = nodes.pop()!;
  }
  return nodes;
}
