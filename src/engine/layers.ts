/* oxlint-disable max-lines -- what a building is, and how it is played, in one place */
/**
 * Which attention layers a model builds: the rules of its architecture, played for one set of facts as the worker plays
 * the model's constructor. Every call of the selector comes out with its arguments.
 */
import { characterAt, isWholeFloat, kindOf, MISSING, OBJECT, plainNumber, UNKNOWN, textOf } from '../rules/index.ts';
import type { Fact, Facts, Kind, Machine, Resolved, Term } from '../rules/index.ts';
import type { AskedInner } from './inner.ts';
import { hasNamedKey, underKeys } from './keyed.ts';
import type { Layer } from './known.ts';
import { isOpen } from './outcome.ts';
import { isSameFact } from './question.ts';

/** A call of the selector by one layer, or a layer that has a backend of its own accord. */
export interface LayerCall {
  /** The function that is asked; `layer_default` where none is. */
  readonly asks: string;
  /** The name of the backend that the layer has of its own accord. */
  readonly backend?: Resolved;
  /** The names of the layouts of the KV cache that this one supports; null where it says nothing of it. */
  readonly layouts?: Resolved;
  /** What the class of that backend says; undefined where it was not read. */
  readonly own?: OwnBackend;
  /** What the backend that the layer makes of the one it was given says otherwise; undefined where it makes none, as far as was read. */
  wrapped?: WrappedBackend;
  /** The class of the layer, and that of the module that builds it. */
  readonly layer: string;
  readonly by: string;
  readonly name: Resolved;
  /** The arguments by parameter; UNKNOWN where one depends on an unknown fact. */
  readonly args: Readonly<Record<string, Resolved>>;
  /** What the layer is made with beside the arguments, by name: what the backend itself then asks of. */
  readonly beside: Readonly<Record<string, Resolved>>;
  /** False when it depends on unknown facts whether the call is made at all. */
  readonly certain: boolean;
  readonly place: string | undefined;
  /** What is known where it is made, if that is not what is known of the whole model. */
  readonly within?: Layer;
  /** What would settle the unknown arguments. */
  readonly needs: readonly string[];
  /** The facts that an argument is made of; may be asked while the call is being answered. */
  because(argument: string): readonly string[];
}

/** What a backend's class says of itself, where a layer has it of its own accord; UNKNOWN where that depends on unknown facts. */
export interface OwnBackend {
  /** Its full name. */
  readonly class: Resolved;
  /** What it declares of block sizes, as `blocks.kinds` of the rules of a built model has it. */
  readonly sizes: Resolved;
  /** Whether its layers keep a state. */
  readonly state: Resolved;
  /** Which CUDA graphs its builder supports. */
  readonly graphs: Resolved;
  /** Of what a layer's checkpoints inside a prefill are multiples; null where it makes none, MISSING where it keeps no state. */
  readonly aligned: Resolved;
}

/** What a backend that is made of another one says otherwise. */
export interface WrappedBackend {
  /** Does it say of block sizes what the other one says? */
  readonly sizes: Resolved;
  /** Which CUDA graphs its builder supports; MISSING where it says what the other's says. */
  readonly graphs: Resolved;
  /** The name of the layer that has it, where that was read. */
  readonly name?: Resolved;
}

/** A call of what makes weights or rotary embedding. */
export interface MakeCall {
  /** `module:name`. */
  readonly maker: string;
  /** What is given, by parameter; UNKNOWN where it depends on an unknown fact or was not read. */
  readonly args: Readonly<Record<string, Resolved>>;
  /** What would settle the unknown arguments. */
  readonly unknown: readonly string[];
  /** False when it depends on unknown facts whether the call is made at all; `needs` would settle that. */
  readonly certain: boolean;
  readonly needs: readonly string[];
}

/** Why building the model ends before its layers are all built. */
export interface BuildError {
  readonly type: string;
  /** The text, or UNKNOWN; undefined where the interpreter raises and the text is not known. */
  readonly text: Resolved | undefined;
  readonly place: string | undefined;
  /** Raised once all layers are there, where a worker asks one for its backend. */
  readonly later?: true;
}

/** An error that may end the building, and what would settle it. */
export interface OpenBuildError extends BuildError {
  readonly needs: readonly string[];
}

export interface BuiltLayers {
  readonly calls: readonly LayerCall[];
  /** What is made of weights, in order, up to where the building ends. */
  readonly makes: readonly MakeCall[];
  /** Of which modules the model makes one, by the name of that one, as JSON. */
  readonly packed: Readonly<Record<string, string>>;
  /** Texts with which a model renames the modules that a checkpoint's quantization names: those in which one of them stands. */
  readonly renamed: readonly string[];
  /** Whether a part of the model is compiled, as its worker asks it. */
  readonly compiled: Resolved;
  /** What building leaves in the configuration, by its name; UNKNOWN where that is not known. */
  readonly left: Readonly<Record<string, Resolved>>;
  /** How many bytes the cache of a layer that keeps a state takes, as the model's class says; UNKNOWN where it does not. */
  readonly stateBytes: Resolved;
  readonly error: BuildError | undefined;
  /** What may end the building, in order; the same error of several turns stands here once. */
  readonly open: readonly OpenBuildError[];
  /** Whether the selection raised for a call. */
  readonly ended: boolean;
  /** Whether a model that is looked up was built inside it. */
  readonly hasInner: boolean;
  /** Whether it was asked what a call was given: the calls after it rest on that. */
  readonly asksBack: boolean;
  /** Why calls may be missing: places that were not read, lengths that are unknown. Empty: these are all the calls. */
  readonly gaps: readonly string[];
}

/** What the selection gave for a call: facts of the backend class, by method, as `get_name`. */
export type Selected = Readonly<Record<string, Fact>>;

/** The selection raised for a call: nothing is built after it. */
export const ENDS: unique symbol = Symbol('ends');

/** Builds a model that a model looks up, whose names begin with a prefix; or says why that is not known. */
export type BuildInside = (asked: AskedInner, prefix: string) => BuiltLayers | { readonly unread: string };

/** Whether a fact is another in another turn of a loop, or once a call was answered. */
const moves = (name: string): boolean =>
  name.includes('@') || name.startsWith('state.') || name.startsWith('selected.');

type Row = readonly [number, { readonly record: Readonly<Record<string, Term>> }, (readonly number[])?];

/** More turns than this are no model. */
const MOST = 4096;
const NONE_FOUND = 'no layer that attends was found in the model';
const UNCOUNTED = 'how many turns a loop makes is unknown';

/**
 * Plays the building of a model of the rules' architecture. `select` answers each call as it is made, since what a layer
 * gets can change what the next one asks. Mirrors the model class's own constructor.
 */
// oxlint-disable-next-line max-lines-per-function -- steps of one answer that share their facts
export function buildLayers(
  machine: Machine,
  facts: Facts,
  select: (call: LayerCall) => Selected | typeof ENDS | undefined = () => undefined,
  inside: BuildInside = () => ({ unread: 'a model that is looked up is not built' }),
  prefix = '',
): BuiltLayers {
  const { rules } = machine;
  const numbers = new Map<string, number>();
  const selected = new Map<string, Selected>();
  const states = new Map<string, Fact | undefined>();
  /** What the states of loops begin with. */
  const begins = new Map<string, Term>();
  const calls: LayerCall[] = [];
  /** By the number of a call in the rules, the last one of it. */
  const latest = new Map<string, LayerCall>();
  const makes: MakeCall[] = [];
  const gaps = new Set<string>();
  const open = new Map<string, OpenBuildError>();
  let ended = false;
  let asksBack = false;
  let hasInner = false;
  const parts: BuiltLayers[] = [];
  const computed = (rules.terms['numbers'] as { record?: Readonly<Record<string, Term>> } | undefined)?.record ?? {};
  let error: BuildError | undefined;
  /** What a layer raises once all are built. */
  let later: BuildError | undefined;

  const number = (part: string): string | number => {
    const known = numbers.get(part);
    if (known !== undefined) return known;
    const term = computed[part];
    const value = term === undefined ? undefined : machine.resolve(term);
    return typeof value === 'number' ? value : part;
  };
  const view: Facts = {
    get(name) {
      if (name.startsWith('@')) {
        const n = number(name);
        return typeof n === 'number' ? n : undefined;
      }
      if (name.startsWith('state.')) return states.get(name);
      if (name.startsWith('selected.')) {
        asksBack = true;
        const [, id, ...rest] = name.split('.');
        return selected.get(id!)?.[rest.join('.')];
      }
      return factAt(facts, name.includes('@') ? name.split('.').map(number).join('.') : name);
    },
    since: (others) => (others === view ? moves : undefined),
  };
  const start = (): void => machine.load(view);
  const place = (row: Row): string | undefined => (row[2]?.length ? rules.places[row[2][0]!] : undefined);

  /** The facts that are read for a term, those behind a state of a loop in its place. */
  function readFor(term: Term, followed: ReadonlySet<string> = new Set()): readonly string[] {
    start();
    machine.resolve(term);
    const names = machine.used().flatMap((name) => {
      const first = followed.has(name) ? undefined : begins.get(name);
      if (first !== undefined) return readFor(first, new Set([...followed, name]));
      return name.includes('@') ? name.split('.').map(number).join('.') : name;
    });
    return [...new Set(names)];
  }

  // oxlint-disable-next-line max-lines-per-function -- one call, with all that is said of it
  function call(row: Row, certain: boolean): void {
    const { record } = row[1];
    const text = (key: string): string => {
      const value = record[key] === undefined ? '' : machine.resolve(record[key]);
      return typeof value === 'string' ? value : '';
    };
    const args: Record<string, Resolved> = {};
    const before = new Set(machine.unknowns());
    const given = (record['args'] as { record: Readonly<Record<string, Term>> } | undefined)?.record ?? {};
    for (const [key, term] of Object.entries(given)) args[key] = machine.resolve(term);
    const met = machine.unknowns();
    const fresh = met.filter((n) => !before.has(n));
    const needs = Object.values(args).includes(UNKNOWN) ? (fresh.length ? fresh : met) : [];
    const name = record['name'] === undefined ? UNKNOWN : within(prefix, machine.resolve(record['name']));
    const around = (record['beside'] as { record: Readonly<Record<string, Term>> } | undefined)?.record ?? {};
    const beside: Record<string, Resolved> = {};
    for (const [key, term] of Object.entries(around)) beside[key] = machine.resolve(term);
    const made: LayerCall = {
      asks: record['ask'] === undefined ? 'layer_default' : text('ask'),
      ...(record['backend'] === undefined ? {} : { backend: machine.resolve(record['backend']) }),
      ...(record['layouts'] === undefined ? {} : { layouts: machine.resolve(record['layouts']) }),
      ...(record['sizes'] === undefined ? {} : { own: ownBackend(machine, record) }),
      layer: text('layer'),
      by: text('by'),
      name,
      args,
      beside,
      certain,
      place: place(row),
      needs,
      because: (argument) => (given[argument] === undefined ? [] : readFor(given[argument])),
    };
    calls.push(made);
    if (record['ask'] === undefined) return;
    const id = text('id');
    latest.set(id, made);
    const answer = select(made);
    if (answer === ENDS) {
      ended = true;
      return;
    }
    if (!answer && !selected.has(id)) return;
    // what an earlier turn was given is no answer to this one
    selected.set(id, answer ?? {});
    machine.renew(view);
  }

  /** A backend that a layer makes of what it was given: whether it does is as certain as the call. */
  function wrap({ record }: { readonly record: Readonly<Record<string, Term>> }, certain: boolean): void {
    const call = latest.get(textOf(machine.resolve(record['wrapped']!)));
    const said = (key: string): Resolved => (certain ? machine.resolve(record[key]!) : UNKNOWN);
    const name: Resolved | undefined = record['name'] === undefined ? undefined : within(prefix, said('name'));
    if (call) call.wrapped = { sizes: said('sizes'), graphs: said('graphs'), ...(name === undefined ? {} : { name }) };
  }

  function make(
    { record }: { readonly record: Readonly<Record<string, Term>> },
    certain: boolean,
    needs: readonly string[],
  ): void {
    const given = (record['args'] as { record: Readonly<Record<string, Term>> }).record;
    const met = new Set(machine.unknowns());
    const args: Record<string, Resolved> = {};
    for (const [name, term] of Object.entries(given)) args[name] = machine.resolve(term);
    const all = Object.values(args).some((value) => isOpen(value)) ? machine.unknowns() : [];
    const fresh = all.filter((name) => !met.has(name));
    const unknown = fresh.length > 0 ? fresh : all;
    if ('prefix' in args) args['prefix'] = within(prefix, args['prefix']);
    makes.push({ maker: textOf(machine.resolve(record['make']!)), args, unknown, certain, needs });
  }

  function inner(row: Row, certain: boolean): void {
    const { record } = row[1];
    hasInner = true;
    const path = machine.resolve(record['prefix']!);
    const changes = machine.resolve(record['changed']!);
    const set = (record['set'] as { record?: Readonly<Record<string, Term>> } | undefined)?.record ?? {};
    const asked: AskedInner = {
      config: textOf(machine.resolve(record['inner']!)),
      architectures: machine.resolve(record['architectures']!),
      class: record['class'] === undefined ? undefined : textOf(machine.resolve(record['class'])),
      changed: Array.isArray(changes) ? changes.map((one) => textOf(one)) : [],
      set: Object.fromEntries(Object.entries(set).map(([name, term]) => [name, machine.resolve(term)])),
    };
    const told: BuiltLayers | { readonly unread: string } =
      !certain || typeof path !== 'string' || !Array.isArray(changes)
        ? { unread: 'whether a model is built inside the model is unknown' }
        : inside(asked, textOf(within(prefix, path)));
    if ('unread' in told) gaps.add(`${told.unread} (${place(row) ?? ''})`);
    else {
      calls.push(...told.calls);
      makes.push(...told.makes);
      for (const why of told.gaps) gaps.add(why);
      for (const one of told.open) open.set(`${one.type} ${one.place ?? ''}`, one);
      parts.push(told);
      asksBack ||= told.asksBack;
      if (told.error?.later === true) later ??= told.error;
      else error = told.error;
      ended ||= told.ended;
    }
    machine.load(view);
  }

  function loop(record: Readonly<Record<string, Term>>, certain: boolean): void {
    const at = textOf(record['loop']);
    const count = machine.resolve(record['count']!);
    const carried = statesOf(record);
    const carry = (which: 'first' | 'next'): void => {
      const values = carried.map(([, { record: of }]) => machine.resolve(of[which]!));
      carried.forEach(([name], i) => states.set(name, values[i] === UNKNOWN ? undefined : values[i]));
    };
    for (const [name, { record: of }] of carried) begins.set(name, of['first']!);
    carry('first');
    if (typeof count !== 'number' || count > MOST) {
      const why = typeof count === 'number' ? `a loop makes more than ${MOST} turns` : UNCOUNTED;
      if (mayAsk(record['events'] as unknown as Events)) gaps.add(why);
      keepSettled(record, carried);
      return;
    }
    for (let i = 0; i < count; i++) {
      if (error || ended) break;
      numbers.set(at, i);
      machine.renew(view);
      play(record['events']! as { list: readonly Row[] }, certain);
      carry('next');
    }
    numbers.delete(at);
    machine.renew(view);
  }

  /** Of what turns leave, keeps what a turn leaves as it was: however many turns there are, it is that. */
  function keepSettled(record: Readonly<Record<string, Term>>, carried: readonly State[]): void {
    for (const name of statesWithin(record)) states.delete(name);
    for (let changed = true; changed;) {
      machine.renew(view);
      const moved = carried.filter(([name, { record: of }]) => {
        const first = states.get(name);
        const next = machine.resolve(of['next']!);
        return first !== undefined && (next === UNKNOWN || !isSameFact(first, next));
      });
      for (const [name] of moved) states.delete(name);
      changed = moved.length > 0;
    }
    machine.renew(view);
  }

  /** May something be asked in a loop of unknown length? */
  function mayAsk(events: Events): boolean {
    machine.renew(view);
    return events.list.some(([when, { record }]) => {
      const inner = record['loop'] === undefined ? undefined : (record['events'] as unknown as Events);
      if (!(inner ? asksIn(inner) : isAsking(record)) || machine.is(when) === 0) return false;
      return inner === undefined || mayAsk(inner);
    });
  }

  function play(events: { readonly list: readonly Row[] }, sure: boolean): void {
    for (const row of events.list) {
      if (error || ended) return;
      const ends = ['raise', 'later', 'stops', 'make'].some((key) => key in row[1].record);
      const met = new Set(ends ? machine.unknowns() : []);
      const value = machine.is(row[0]);
      if (value === 0) continue;
      const certain = sure && value === 1;
      const { record } = row[1];
      if (record['loop'] !== undefined) loop(record, certain);
      else if (record['ask'] !== undefined || record['built'] !== undefined) call(row, certain);
      else if (record['wrapped'] !== undefined) wrap(row[1], certain);
      else if (record['inner'] !== undefined) inner(row, certain);
      else if (record['make'] !== undefined)
        make(row[1], certain, certain ? [] : machine.unknowns().filter((n) => !met.has(n)));
      else if (record['gap'] !== undefined) gaps.add(`${textOf(machine.resolve(record['gap']))} (${place(row) ?? ''})`);
      else {
        const needs = machine.unknowns().filter((n) => !met.has(n));
        const made: BuildError = {
          type: textOf(record['raise'] ?? record['later'] ?? record['stops']),
          text: record['text'] === undefined ? undefined : machine.resolve(record['text']),
          place: place(row),
          ...(record['later'] === undefined ? {} : { later: true }),
        };
        const key = `${made.type} ${made.place ?? ''}`;
        // an error of the interpreter is told of what was read of objects: that it happens is never certain
        if (certain && record['raise'] !== undefined) error = made;
        else if (certain && record['later'] !== undefined) later ??= made;
        else open.set(key, { ...made, needs: [...new Set([...(open.get(key)?.needs ?? []), ...needs])] });
      }
    }
  }

  start();
  for (const [key, kinds] of Object.entries(
    (rules.terms['kinds'] as { record?: Readonly<Record<string, string>> } | undefined)?.record ?? {},
  ))
    if (!ofKinds(view.get(key), kinds)) gaps.add(`${key} is of a kind that was not read`);
  play(rules.terms['events'] as unknown as { list: readonly Row[] }, true);
  // what the last turn of a loop left is still there
  machine.load(view);
  const left = recordOf(machine, rules.terms['left']);
  start();
  // what may end it is told of a model as it was read: one in which nothing attends was hardly read whole
  if (calls.length === 0 && open.size > 0 && error === undefined && gaps.size === 0) gaps.add(NONE_FOUND);
  const { compiled: part } = rules.terms;
  const compiled = part === undefined ? UNKNOWN : machine.resolve(part);
  const stateBytes = bytesOf(machine, view, rules.terms['state_bytes']);
  const packed = resolvedTexts(machine, rules.terms['packed']);
  const { renamed: list } = rules.terms;
  const texts = list === undefined ? [] : machine.resolve(list);
  const renamed = Array.isArray(texts) ? texts.map((one) => textOf(one)) : [''];
  return {
    calls,
    makes,
    packed: Object.assign({}, packed, ...parts.map((part) => part.packed)) as Record<string, string>,
    renamed: [...renamed, ...parts.flatMap((part) => part.renamed)],
    stateBytes,
    left: leftBy(view, left, parts),
    compiled: either([compiled, ...parts.map((part) => part.compiled)]),
    error: error ?? later,
    ended,
    hasInner,
    open: [...open.values()],
    asksBack,
    gaps: [...gaps],
  };
}

const ownBackend = (machine: Machine, record: Readonly<Record<string, Term>>): OwnBackend => {
  const said = (key: string): Resolved => (record[key] === undefined ? UNKNOWN : machine.resolve(record[key]));
  return {
    class: said('class'),
    sizes: said('sizes'),
    state: said('state'),
    graphs: said('graphs'),
    aligned: said('aligned'),
  };
};

/** A number of bytes, where it is made of whole numbers that are no floats. */
function bytesOf(machine: Machine, facts: Facts, term: Term | undefined): Resolved {
  if (term === undefined) return UNKNOWN;
  machine.load(facts);
  const bytes = plainNumber(machine.resolve(term));
  const isWhole = machine.used().every((name) => !isWholeFloat(facts.get(name)));
  return typeof bytes === 'number' && Number.isSafeInteger(bytes) && isWhole ? bytes : UNKNOWN;
}

/**
 * What a model and the models inside it leave of what was there before: what one of them changed. UNKNOWN where that is not known of
 * one of them, or several changed it in different ways.
 */
function leftBy(
  before: Facts,
  own: Readonly<Record<string, Resolved>>,
  parts: readonly Pick<BuiltLayers, 'left'>[],
): Readonly<Record<string, Resolved>> {
  const told = (name: string, value: Resolved): Resolved => {
    const all: readonly Resolved[] = [
      value,
      ...parts.map(({ left }) => (Object.hasOwn(left, name) ? left[name]! : UNKNOWN)),
    ];
    const changes = new Set(all.filter((one) => one !== before.get(name)));
    const [only] = changes;
    return changes.size === 0 ? value : changes.size === 1 ? only! : UNKNOWN;
  };
  return Object.fromEntries(Object.entries(own).map(([name, value]) => [name, told(name, value)]));
}

/** The values of a record, by their names; empty where there is none. */
function recordOf(machine: Machine, term: Term | undefined): Readonly<Record<string, Resolved>> {
  const { record = {} } = (term ?? {}) as { readonly record?: Readonly<Record<string, Term>> };
  return Object.fromEntries(Object.entries(record).map(([name, one]) => [name, machine.resolve(one)]));
}

/** Whether one of them is so. */
const either = (all: readonly Resolved[]): Resolved =>
  all.includes(true) ? true : all.every((one) => one === false) ? false : UNKNOWN;

/** A name inside what has a name. */
const within = (prefix: string, name: Resolved): Resolved =>
  prefix === '' || typeof name !== 'string' ? name : name === '' ? prefix : `${prefix}.${name}`;

/** The texts of a record. */
function resolvedTexts(machine: Machine, term: Term | undefined): Record<string, string> {
  const value = term === undefined ? {} : machine.resolve(term);
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, Resolved>>).flatMap(([key, text]) =>
      typeof text === 'string' ? [[key, text]] : [],
    ),
  );
}

type Events = { readonly list: readonly Row[] };

/** What turns of a loop leave for the next, by name: what it begins with, what a turn makes of it. */
type State = readonly [name: string, of: { readonly record: Readonly<Record<string, Term>> }];

const statesOf = ({ states }: Readonly<Record<string, Term>>): readonly State[] =>
  Object.entries((states as { record?: Readonly<Record<string, State[1]>> } | undefined)?.record ?? {});

/** The names of what the loops inside a loop leave. */
const statesWithin = (record: Readonly<Record<string, Term>>): readonly string[] =>
  (record['events'] as unknown as Events).list.flatMap(([, { record: inner }]) =>
    inner['loop'] === undefined ? [] : [...statesOf(inner).map(([name]) => name), ...statesWithin(inner)],
  );

const isAsking = (record: Readonly<Record<string, Term>>): boolean =>
  ['ask', 'built', 'gap', 'inner'].some((key) => record[key] !== undefined);

/** Do events hold a call of the selector, or a place that was not read? */
const asksIn = (events: Events): boolean =>
  events.list.some(
    ([, { record }]) =>
      isAsking(record) || (record['loop'] !== undefined && asksIn(record['events'] as unknown as Events)),
  );

/** Is a fact of one of these kinds, and the items of a list of those after the bar? */
function ofKinds(fact: Fact | undefined, kinds: string): boolean {
  if (fact === undefined) return true;
  const [own, items] = kinds.split(' | ').map((k) => k.split(' ') as Kind[]);
  if (!own!.includes(kindOf(fact, own!))) return false;
  return !items || !Array.isArray(fact) || fact.every((x: Fact) => items.includes(kindOf(x, items)));
}

/** A fact by its path: by its own name, or as a part of a list or an object that is known. */
export function factAt(facts: Facts, name: string): Fact | undefined {
  if (hasNamedKey(name)) return underKeys(name, (key) => factAt(facts, key));
  const own = facts.get(name);
  if (own !== undefined) return own;
  const cut = name.lastIndexOf('.');
  if (cut < 0) return undefined;
  const of = factAt(facts, name.slice(0, cut));
  const key = name.slice(cut + 1);
  if (typeof of === 'string') return characterAt(of, key);
  // the fields of an object are facts of their own
  if (of === undefined || of === MISSING || of === null || typeof of !== 'object' || OBJECT in of) return undefined;
  if (isWholeFloat(of)) return MISSING;
  if (key === '#') return Array.isArray(of) ? of.length : Object.keys(of).length;
  const inner = (of as Readonly<Record<string, unknown>>)[key];
  return inner === undefined ? MISSING : (inner as Fact);
}
