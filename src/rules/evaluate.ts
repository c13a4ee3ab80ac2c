/**
 * Answers a rule set for one set of facts: three-valued, so that what does not depend on an unknown is certain and what
 * does says on which one.
 */
import type { Cond } from './diagram.ts';
import { UNKNOWN } from './facts.ts';
import type { Fact, Facts, Resolved, Three } from './facts.ts';
import { createFlat, readBy } from './flat.ts';
import type { At } from './flat.ts';
import { createIndices } from './indices.ts';
import { computedBase, partOfList } from './computed.ts';
import { createInputs, createReading } from './inputs.ts';
import type { Reader, Reading } from './inputs.ts';
import { layoutOf } from './layout.ts';
import { createResolver } from './resolve.ts';
import type { Resolver } from './resolve.ts';
import { settler } from './settle.ts';
import type { Ground, Settler } from './settle.ts';
import { createTrail } from './trail.ts';
import type { Trail, Walk } from './trail.ts';
import type { RuleSet, Term } from './terms.ts';

export interface Machine {
  readonly rules: RuleSet;
  /** The inputs that the rules read. */
  readonly inputs: readonly string[];
  /** Starts a new question. Everything worked out for the one before is forgotten. */
  load(facts: Facts): void;
  /**
   * Starts a new question as `load` does, but keeps what was read of facts that are the same as in the one at hand, where that
   * can be told. What is kept is not among the inputs that `used` tells.
   */
  renew(facts: Facts): void;
  /** Goes on with the question about these facts; starts it where another one was started since. */
  resume(facts: Facts): void;
  /**
   * Prepares one kind of question, of which many are asked: for each input, how it is read from such a question. What
   * comes back starts a question of that kind; an input is read when a rule first asks for it, and once.
   */
  source<Q>(read: (input: string) => (question: Q) => Fact | undefined): (question: Q) => void;
  /** The value of a condition. */
  is(c: Cond): Three;
  /** The number of the value that a variable has; -1 where it is unknown. */
  value(variable: number): number;
  /** The value of a term; UNKNOWN where it depends on an unknown fact. */
  resolve(term: Term): Resolved;
  /** A term made ready: gives its value for the question at hand. */
  resolver(term: Term): Resolver;
  /**
   * Keeps what `work` gives, by the values on which it rests, so that questions which do not differ in them share it: best
   * used first after a question is started. `work` may ask this machine for anything and must not look at anything else.
   */
  trail<T>(work: () => T): Trail<T>;
  /** The names of the unknown inputs, opaque places and failed operations met since `load`. */
  unknowns(): readonly string[];
  /** The names of the inputs read since `load`, in the order of `inputs`. */
  used(): readonly string[];
}

const NONE: { readonly of: number; readonly names: readonly string[] } = { of: 0, names: [] };

/** Prepares a rule set for being asked many times. */
// oxlint-disable-next-line max-lines-per-function -- one owner of the state that its parts share
export function createMachine(rules: RuleSet): Machine {
  const layout = layoutOf(rules);
  const { inputs, meaning, sizeOf } = layout;
  const slotOf = new Map(inputs.map((name, slot) => [name, slot]));
  // by place, what was found where an unknown variable decides, so that nothing is worked out twice: 4 × turn + result
  let open = new Int32Array(0);
  let cells: Int32Array = new Int32Array(0);
  const flat = createFlat(layout, (larger) => {
    cells = larger;
    const before = open;
    open = new Int32Array(larger.length);
    open.set(before);
  });
  const values = new Int16Array(layout.variables).fill(-2);
  const indices = createIndices(layout, (moved) => {
    for (const v of moved) values[v] = -2;
    nextTurn();
  });
  const given = createInputs(inputs, indices.now);
  const unknown: string[] = [];
  // what `unknowns` told when there were so many
  let listed = NONE;
  let turn = 1;
  const nextTurn = (): void => {
    if (++turn < 2 ** 28) return;
    open.fill(0);
    turn = 1;
  };
  // what a trail has noted: the variables that were worked out, or that there is more than those
  let noted: number[] | undefined;
  let loops = 0;
  let isFresh = true;
  // what follows from other facts: worked out once a question, or once a turn where a loop's number is in it
  const worked = new Map<string, { readonly once: boolean; at: number; value: Fact | undefined }>();
  const computed = inputs.map((name) => {
    const base = computedBase(layout, name);
    if (base === undefined) return undefined;
    const own = worked.get(base) ?? { once: layout.isFixed(base), at: 0, value: undefined };
    worked.set(base, own);
    return { own, base, part: name === base ? undefined : name };
  });
  let question = 1;
  const fact = (slot: number): Fact | undefined => {
    const of = computed[slot];
    if (!of) return given.fact(slot);
    const { own, base, part } = of;
    if (own.at !== (own.once ? question : turn)) {
      const value = resolver(rules.terms[base]!)();
      own.value = value === UNKNOWN ? undefined : value;
      own.at = own.once ? question : turn;
    }
    return part === undefined ? own.value : partOfList(own.value, String(indices.now(part)).split('.')[1]!);
  };
  const ground: Ground = {
    fact,
    slot: (name) => slotOf.get(name)!,
    at: flat.at,
    place: flat.place,
    isAt,
    unknown: (what) => void unknown.push(what),
    where: (n) => rules.places[n] ?? '',
    each: (at, count, work) => {
      loops++;
      return indices.each(at, count, work);
    },
    rests: (slot) => void noted?.push(-1 - slot),
  };
  // of many variables most are never asked for
  const settlers = Array<Settler | undefined>(layout.variables).fill(undefined);
  // what was worked out for the question at hand, from when a question is renewed first; the first of it is kept where it is renewed
  const settled: number[] = [];
  let lasting = 0;
  let notes = false;
  // by variable, the inputs that it reads; none where its value follows from more than facts of these names
  const readsOf: (readonly number[] | undefined)[] = [];
  const slotsOf = (v: number): readonly number[] => {
    const known = readsOf[v];
    if (known) return known;
    const names = isBase(v) ? [...readBy(meaning(v))] : [];
    const slots = names.map((name) => slotOf.get(name)!);
    const isPlain = slots.every((slot) => !computed[slot] && !inputs[slot]!.includes('@'));
    return (readsOf[v] = isPlain ? slots : []);
  };
  const isBase = (v: number): boolean => !('cases' in meaning(v)) && !('exists' in meaning(v));
  function settle(v: number): number {
    isFresh = false;
    const value = (settlers[v] ??= settler(meaning(v), ground))();
    values[v] = value;
    if (notes) settled.push(v);
    if (noted && isBase(v)) noted.push(v);
    return value;
  }

  function isAt(start: At): Three {
    let at = start < 0 ? flat.place(start) : start;
    while (at > 1) {
      const v = cells[at]!;
      let value = values[v]!;
      if (value < 0) {
        if (value === -2) value = settle(v);
        if (value < 0) return either(at, v);
      }
      const to = at + 1 + value;
      at = cells[to]!;
      if (at < 0) {
        at = flat.place(at);
        cells[to] = at;
      }
    }
    return at as Three;
  }

  /** A condition whose variable is unknown: certain when all its possible values agree. */
  function either(at: At, v: number): Three {
    const known = open[at]! - 4 * turn;
    if (known >= 0) return known as Three;
    const m = meaning(v);
    const size = sizeOf(v);
    let result: Three | undefined;
    for (let i = 0; i < size && result !== 2; i++) {
      if ('cases' in m && i < m.cases.length && isAt(flat.at(m.cases[i]!)) === 0) continue;
      const value = isAt(cells[at + 1 + i]!);
      result = value === 2 || (result !== undefined && value !== result) ? 2 : value;
    }
    result ??= 2;
    open[at] = 4 * turn + result;
    return result;
  }

  const resolver = createResolver(ground);
  const asked = inputs.filter((_, slot) => !computed[slot]);
  const restart = (): void => {
    isFresh = true;
    question++;
    values.fill(-2);
    settled.length = lasting = 0;
    nextTurn();
  };
  const walk: Walk = {
    values,
    sizeOf,
    settle,
    fact,
    isFresh: () => isFresh,
    restart,
    noted(work) {
      noted = [];
      const before = loops;
      try {
        const answer = work();
        return { answer, steps: loops === before ? noted : undefined };
      } finally {
        noted = undefined;
      }
    },
  };
  const begin = (reading: Reading, asking: unknown): void => {
    given.begin(reading, asking);
    unknown.length = 0;
    listed = NONE;
    restart();
  };
  const named = createReading(inputs, (name) => (question) => (question as Facts).get(name));
  let loaded: Facts | undefined;
  // by slot, while a question is renewed: 1 where the fact is another one, 2 where it is not
  const others = new Uint8Array(inputs.length);
  const load = (next: Facts): void => {
    loaded = next;
    begin(named, next);
  };
  /** Forgets what rests on facts that differ, on unknown ones, or on more than facts; of what was worked out from one place on. */
  const forget = (differs: (name: string) => boolean, from: number): void => {
    others.fill(0);
    const isOther = (slot: number): boolean => {
      if (others[slot] === 0) others[slot] = differs(inputs[slot]!) ? 1 : 2;
      return others[slot] === 1;
    };
    const isKept = (v: number): boolean => {
      if (values[v]! < 0) return false;
      const slots = slotsOf(v);
      return slots.length > 0 && !slots.some(isOther);
    };
    let kept = from;
    for (let i = from; i < settled.length; i++) {
      const v = settled[i]!;
      if (isKept(v)) settled[kept++] = v;
      else values[v] = -2;
    }
    settled.length = lasting = kept;
  };
  const renew = (next: Facts): void => {
    const differs = notes && loaded ? next.since?.(loaded) : undefined;
    notes = true;
    if (!differs) {
      load(next);
      return;
    }
    forget(differs, loaded === next ? lasting : 0);
    loaded = next;
    isFresh = false;
    question++;
    given.begin(named, next);
    unknown.length = 0;
    listed = NONE;
    nextTurn();
  };
  return {
    rules,
    inputs: asked,
    load,
    renew,
    resume(next) {
      if (loaded !== next) load(next);
    },
    source(read) {
      const reading = createReading(inputs, read as (input: string) => Reader);
      return (asking) => {
        loaded = undefined;
        begin(reading, asking);
      };
    },
    is: (c) => isAt(flat.at(c)),
    value: (v) => (values[v] === -2 ? settle(v) : values[v]!),
    resolve: (term) => resolver(term)(),
    resolver,
    trail: (work) => createTrail(walk, work),
    unknowns() {
      // it is asked again and again while little is added
      if (listed.of !== unknown.length) {
        const names = [...new Set(unknown)].filter((what) => computedBase(layout, what) === undefined);
        listed = { of: unknown.length, names: names.sort() };
      }
      return listed.names;
    },
    used: () => inputs.filter((_, slot) => given.read(slot) && !computed[slot]),
  };
}
