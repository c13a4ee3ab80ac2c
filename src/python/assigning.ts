/** Assignment: to names, attributes, items, and to several at once. */
import { type Reader, type Frame, note, placeOf, under, raiseBuiltin, care, writing } from './reader.ts';
import type { Node } from './syntax.ts';
import {
  type Value,
  opaque,
  type Scope,
  type Alternative,
  one,
  list,
  union,
  type ListAtom,
  restrict,
  choose,
  type Atom,
} from './values.ts';
import { bindGlobal, bind } from './names.ts';
import { setOwnAttr } from './ownattributes.ts';
import { NO, YES } from '../rules/index.ts';
import { iterate } from './iterate.ts';
import { reorder, lose, loseItems, numbersIn } from './listmethods.ts';
import { settleKey, putEntry } from './entries.ts';
import { isMixed, reached, replaceItem } from './replacing.ts';
import { mayChange } from './sized.ts';

/** Assigns to a target of Python's grammar: a name, an attribute, an item, or several of these. */
export function assignTarget(R: Reader, frame: Frame, target: Node, value: Value): void {
  switch (target.nodeType) {
    case 'Name': {
      const name = target.id as string;
      if (frame.scope.globals?.has(name) && frame.scope !== frame.module) {
        bindGlobal(R, frame, name, value);
        return;
      }
      const scope = frame.scope.nonlocals?.has(name) ? (ownerOf(frame.scope.outer, name) ?? frame.scope) : frame.scope;
      bind(R, frame, scope, name, value);
      return;
    }
    case 'Tuple':
    case 'List':
      unpack(R, frame, target.elts as Node[], value);
      return;
    case 'Attribute': {
      const of = R.evaluate(frame, target.value as Node);
      SETTERS.attr(R, frame, of, target.attr as string, value);
      return;
    }
    case 'Subscript': {
      const inner = target.value as Node;
      const key = (target.slice as Node).value;
      // an attribute of the object itself, whatever its class says
      if (inner.nodeType === 'Attribute' && inner.attr === '__dict__' && typeof key === 'string') {
        setOwnAttr(R, frame, R.evaluate(frame, inner.value as Node), key, value);
        return;
      }
      assignItem(R, frame, inner, R.evaluate(frame, inner), R.evaluate(frame, target.slice as Node), value);
      return;
    }
    case 'Starred':
      assignTarget(R, frame, target.value as Node, value);
      return;
    default:
      note(R, 'opaque', `assignment to ${target.nodeType}`, placeOf(frame));
  }
}

/** `target[number] = value`, where `target` holds `held`. */
function assignItem(R: Reader, frame: Frame, target: Node, held: Value, number: Value, value: Value): void {
  // where the number cannot be worked out, nothing is set
  if (number.length === 0) return;
  const [of, index] = isMixed(held) ? [reached(R, frame, held), reached(R, frame, number)] : [held, number];
  const others = replaceItem(R, frame, target, of, index, value, (now) => {
    assignTarget(R, frame, target, now);
  });
  setItem(R, frame, others, index, value);
}

/** Filled by the room's index so that this file need not import the objects' file. */
export const SETTERS: { attr: (R: Reader, frame: Frame, target: Value, name: string, value: Value) => void } = {
  attr: () => undefined,
};

const ownerOf = (scope: Scope | undefined, name: string): Scope | undefined => {
  for (let s = scope; s; s = s.outer) if (s.vars.has(name)) return s;
  return undefined;
};

function unpack(R: Reader, frame: Frame, targets: readonly Node[], value: Value): void {
  const star = targets.findIndex((t) => t.nodeType === 'Starred');
  const columns: Alternative[][] = targets.map(() => []);
  for (const { g, v } of value) {
    if (R.d.and(g, frame.live) === NO) continue;
    const items =
      v.k === 'opaque' || v.k === 'outside' ? undefined : under(R, frame, g, () => iterate(R, frame, one(v)));
    if (!items || items.some((i) => i.g !== YES)) {
      if (items) note(R, 'opaque', 'unpacking a list of uncertain length', placeOf(frame));
      columns.forEach((c) => c.push({ g, v: opaque('unpacked from something that was not read', placeOf(frame), v) }));
      continue;
    }
    const extra = items.length - targets.length;
    if (star < 0 ? extra !== 0 : extra < -1) {
      const text =
        extra < 0
          ? `not enough values to unpack (expected ${targets.length}, got ${items.length})`
          : `too many values to unpack (expected ${targets.length})`;
      raiseBuiltin(R, frame, R.d.and(care(R, frame), g), 'ValueError', text);
      continue;
    }
    targets.forEach((_, i) => {
      if (i === star) columns[i]!.push({ g, v: list(items.slice(star, star + extra + 1)) });
      else
        for (const a of items[star >= 0 && i > star ? i + extra : i]!.v)
          columns[i]!.push({ g: R.d.and(g, a.g), v: a.v });
    });
  }
  targets.forEach((t, i) => assignTarget(R, frame, t, union(R.d, columns[i]!)));
}

/** `target[index] = value`. */
/** `list[index] = value`, of one item or of a slice. */
function setListItem(R: Reader, frame: Frame, v: ListAtom, number: Value, value: Value): void {
  const index = numbersIn(R, frame, one(v), number);
  if (index.length === 0) return;
  const at = index.length === 1 ? index[0]!.v : undefined;
  const certain = v.items.every((i) => i.g === YES);
  if (certain && at?.k === 'int') {
    const n = at.n < 0 ? v.items.length + at.n : at.n;
    const old = v.items[n];
    const when = writing(R, frame, v);
    if (old) v.items[n] = { ...old, v: choose(R.d, when, value, old.v) };
    else raiseBuiltin(R, frame, care(R, frame), 'IndexError', 'list assignment index out of range');
    return;
  }
  const bounds = at?.k === 'slice' ? at.parts.map((p) => (p?.length === 1 ? p[0]!.v : undefined)) : [];
  const given =
    value.length === 1 && (value[0]!.v.k === 'list' || value[0]!.v.k === 'tuple') ? one(value[0]!.v) : undefined;
  const isBound = (b: Atom | undefined): boolean => b === undefined || b.k === 'none' || b.k === 'int';
  if (certain && given && at?.k === 'slice' && bounds.every(isBound) && isBound(bounds[2]) && !at.parts[2]) {
    const [from, to] = bounds.map((b) => (b?.k === 'int' ? b.n : undefined));
    const n = v.items.length;
    const place = (b: number | undefined, unsaid: number): number =>
      b === undefined ? unsaid : Math.min(Math.max(b < 0 ? b + n : b, 0), n);
    const [start, stop] = [place(from, 0), place(to, n)];
    reorder(R, frame, v, [
      ...v.items.slice(0, start),
      ...iterate(R, frame, given),
      ...v.items.slice(Math.max(start, stop)),
    ]);
    return;
  }
  if (at?.k === 'slice' || at === undefined) lose(R, frame, v, PARTLY);
  else loseItems(R, frame, v, PARTLY);
}

const PARTLY = 'a list of which a part is set that is not certain';

export function setItem(R: Reader, frame: Frame, target: Value, at: Value, value: Value): void {
  for (const { g, v } of target) {
    under(R, frame, g, () => {
      const index = restrict(R.d, at, care(R, frame));
      if (v.k === 'dict') {
        const when = writing(R, frame, v);
        for (const k of index) settleKey(R, v, k.v);
        for (const k of index) putEntry(R, v.entries, k.v, R.d.and(when, k.g), value);
      } else if (v.k === 'list') {
        setListItem(R, frame, v, index, value);
      } else {
        const method = v.k === 'instance' ? R.attrOf(frame, v, '__setitem__') : undefined;
        mayChange(R, frame, v);
        if (method) R.call(frame, method, { pos: [index, value], kw: new Map() });
        else if (v.k === 'none')
          raiseBuiltin(R, frame, care(R, frame), 'TypeError', "'NoneType' object does not support item assignment");
        else
          note(
            R,
            v.k === 'opaque' || v.k === 'outside' ? 'skipped' : 'opaque',
            `item of a ${v.k} is set`,
            placeOf(frame),
          );
      }
    });
  }
}
