/** Who holds a thing: variables of the calls under way, of modules and closures, attributes, items, and what these hold. */
import { writing } from './reader.ts';
import type { Frame, Heap, Reader } from './reader.ts';
import { YES } from '../rules/index.ts';
import type { Atom, Scope, Value } from './values.ts';

/** A variable or an attribute: the map of a scope or an object, and the name there. */
export interface Spot {
  readonly in: ReadonlyMap<string, Value>;
  readonly name: string;
}

/** Something that holds a thing: what it holds, and how it is given another value. */
export interface Holder {
  readonly value: Value;
  readonly spot?: Spot;
  put(value: Value): void;
}

interface Search {
  readonly R: Reader;
  readonly frame: Frame;
  readonly thing: Atom;
  readonly seen: Set<unknown>;
  readonly found: Holder[];
  readonly pending: Atom[];
}

/** Everything that holds a thing; what is only held while an expression is worked out is not looked for. */
export function holdersOf(R: Reader, frame: Frame, thing: Atom): readonly Holder[] {
  const s: Search = { R, frame, thing, seen: new Set(), found: [], pending: [] };
  for (let f: Frame | undefined = frame; f; f = f.caller) {
    scopes(s, f.scope, f);
    for (const [i, a] of f.returns.entries()) look(s, [a], (v) => void f.returns.splice(i, 1, ...v));
    if (f.yields) s.pending.push(f.yields);
  }
  for (const module of R.modules.values()) if (module) scopes(s, module);
  for (let v = s.pending.pop(); v; v = s.pending.pop()) {
    if (s.seen.has(v)) continue;
    s.seen.add(v);
    within(s, v);
  }
  return s.found;
}

/** Looks at a value that something holds. */
function look(s: Search, value: Value | undefined, put: (value: Value) => void, spot?: Spot): void {
  if (!value) return;
  if (value.some(({ v }) => v === s.thing)) s.found.push({ value, put, ...(spot ? { spot } : {}) });
  for (const { v } of value) if (v !== s.thing && HOLDING.has(v.k)) s.pending.push(v);
}

function all(s: Search, values: Map<string, Value>, changed: () => void): void {
  if (s.seen.has(values)) return;
  s.seen.add(values);
  for (const [name, value] of values)
    look(
      s,
      value,
      (now) => {
        changed();
        values.set(name, now);
      },
      { in: values, name },
    );
}

function scopes(s: Search, from: Scope, of?: Frame): void {
  // who changes a variable of another call gives no result that can be used again
  const changed = (): void => {
    for (let f: Frame | undefined = s.frame; f && f !== of; f = f.caller) f.pure = false;
  };
  for (let scope: Scope | undefined = from; scope; scope = scope.outer) all(s, scope.vars, changed);
}

/** Kinds of things that hold others. */
const HOLDING: ReadonlySet<Atom['k']> = new Set([
  'tuple',
  'list',
  'dict',
  'series',
  'set',
  'func',
  'bound',
  'property',
  'classmethod',
  'staticmethod',
  'cachedproperty',
  'partial',
  'class',
  'instance',
  'module',
  'super',
]);

/** Values that stand in an array. */
function each(s: Search, values: readonly (Value | undefined)[]): void {
  for (const [i, value] of values.entries()) look(s, value, (now) => void ((values as (Value | undefined)[])[i] = now));
}

/** Looks at what one thing holds. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function within(s: Search, v: Atom): void {
  const changed = (): void => void writing(s.R, s.frame, v as Heap);
  const one = (atom: Atom): void => void s.pending.push(atom);
  switch (v.k) {
    case 'tuple':
      each(s, v.items);
      return;
    case 'list':
    case 'set':
      for (const item of v.items)
        look(s, item.v, (now) => {
          changed();
          v.items = v.items.map((i) => (i === item ? { ...i, v: now } : i));
        });
      return;
    case 'dict':
      for (const entry of v.entries) {
        one(entry.key);
        look(s, entry.v, (now) => {
          changed();
          entry.v = now;
        });
      }
      return;
    case 'series':
      look(s, v.item, (now) => void Object.defineProperty(v, 'item', { value: now }));
      return;
    case 'func':
      each(s, v.defaults);
      each(s, v.kwDefaults);
      if (v.attrs) all(s, v.attrs, () => undefined);
      scopes(s, v.scope);
      return;
    case 'bound':
      one(v.fn);
      one(v.self);
      return;
    case 'super':
      one(v.self);
      return;
    case 'class':
      all(s, v.attrs, changed);
      return;
    case 'instance':
      all(s, v.attrs, changed);
      for (const { from } of v.wild ?? []) one(from);
      return;
    case 'module':
      all(s, v.scope.vars, changed);
      return;
    case 'property':
    case 'classmethod':
    case 'staticmethod':
    case 'cachedproperty':
    case 'partial':
      for (const a of v.fn) one(a.v);
      each(s, v.args?.pos ?? []);
      if (v.args) all(s, v.args.kw as Map<string, Value>, () => undefined);
      return;
    default:
  }
}

/** What a holder holds, with another thing in place of one. */
export const exchanged = (value: Value, thing: Atom, by: Atom): Value =>
  value.every(({ v }) => v === thing) && value.length === 1
    ? [{ g: YES, v: by }]
    : value.map((a) => (a.v === thing ? { g: a.g, v: by } : a));
