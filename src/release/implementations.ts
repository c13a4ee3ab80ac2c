/**
 * What a layer's implementation raises when it is made: once the backend of a layer is chosen, the layer makes the class that
 * the backend names, with what it was made with itself. What it refuses there the selection has not asked.
 */
import {
  choose,
  entryFrame,
  flagInput,
  float,
  kindInput,
  list,
  newInstance,
  NONE_VALUE,
  one,
  opaque,
} from '../python/index.ts';
import type { Args, ClassAtom, Event, Frame, FuncAtom, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { exprInputs, NO, YES } from '../rules/index.ts';
import type { Cond, Shipper } from '../rules/index.ts';
import { jsonDict } from './json.ts';
import { flagsTerm } from './selectedimpl.ts';
import { eventsTerm } from './terms.ts';

export interface ImplementationOf {
  readonly name: string;
  readonly cls: ClassAtom;
  /** What the selection is asked with for such a layer. */
  readonly call: ReadonlyMap<string, Value>;
}

/** Adds `impl.<name>` for a backend, what making its implementation raises, and `impl.<name>.says`, what it says of itself then; nothing where it names none, or one of several. */
export function shipImplementation(R: Reader, ship: Shipper, of: ImplementationOf): void {
  const frame = entryFrame(R, of.cls.modname);
  const made = makeImplementation(R, frame, of);
  if (!made) return;
  ship.add(`impl.${of.name}`, eventsTerm(R, frame, ship, told(R, made.cls, frame.trace)));
  const says = flagsTerm(R, entryFrame(R, of.cls.modname), of.cls, made);
  if (says) ship.add(`impl.${of.name}.says`, says);
}

/** The implementation of a backend as a layer makes it; undefined where the backend names none, or one of several. */
export function makeImplementation(R: Reader, frame: Frame, of: ImplementationOf): InstanceAtom | undefined {
  const method = R.attrOf(frame, of.cls, 'get_impl_cls');
  const classes = method ? R.call(frame, method, { pos: [], kw: new Map() }) : [];
  const cls = classes.length === 1 ? classes[0]!.v : undefined;
  if (cls?.k !== 'class') return undefined;
  const self = newInstance(cls);
  const init = R.attrOf(frame, self, '__init__');
  const fn = init?.length === 1 && init[0]!.v.k === 'bound' ? init[0]!.v.fn : undefined;
  if (fn?.k !== 'func') return undefined;
  R.call(frame, init!, argumentsOf(R, frame, of, fn));
  return self;
}

/**
 * The arguments of a constructor by its parameters: those that the selection was asked with, and facts of the layer; of any
 * other nothing is known.
 */
function argumentsOf(R: Reader, frame: Frame, { cls, call }: ImplementationOf, fn: FuncAtom): Args {
  const a = fn.node.args as Node;
  const open = (name: string): Value => one(opaque(`${name} of a layer`, cls.modname));
  const flag = (name: string): Value => flagInput(R, name);
  const known: Readonly<Record<string, () => Value | undefined>> = {
    num_heads: () => whereKnown(call.get('num_heads'), kindInput(R, 'layer.num_heads', ['int'])),
    head_size: () => call.get('head_size'),
    scale: () => kindInput(R, 'layer.scale', ['float']),
    num_kv_heads: () => kindInput(R, 'layer.num_kv_heads', ['int']),
    alibi_slopes: () =>
      given(R, flag('layer.alibi'), one(list([{ g: YES, v: kindInput(R, 'layer.alibi.0', ['float']) }]))),
    sliding_window: () => {
      const has = call.get('has_sliding_window') ?? flag('layer.has_sliding_window');
      return given(R, has, kindInput(R, 'layer.sliding_window', ['int']));
    },
    kv_cache_dtype: () => (mayRewrite(R, frame, cls) ? cacheDtype(R, call) : call.get('kv_cache_dtype')),
    // that there is one is asked, and not how great it is
    logits_soft_cap: () => given(R, flag('layer.softcap'), one(float(1))),
    attn_type: () => call.get('attn_type'),
    sinks: () => {
      const has = call.get('has_sink');
      return has && given(R, has, one(tensor(R, cls)));
    },
  };
  const names = [...(a.args as Node[]), ...(a.kwonlyargs as Node[])].map((p) => p.arg as string).slice(1);
  const kw = new Map(names.map((name) => [name, known[name]?.() ?? open(name)]));
  return a.kwarg ? { pos: [], kw, rest: jsonDict(R, 'layer.made_with') } : { pos: [], kw };
}

/** Something that is there, and of which nothing else is known. */
function tensor(R: Reader, { modname }: ClassAtom): InstanceAtom {
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const lazy = (name: string): Value | undefined =>
    name.startsWith('__') ? undefined : one(opaque(`${name} of a tensor of a layer`, modname));
  return { ...newInstance(object), lazy, lazyFirst: true };
}

/** An argument of the selection, where it was given. */
const whereKnown = (value: Value | undefined, other: Value): Value =>
  value?.flatMap((a) => (a.v.k === 'none' ? other.map((b) => ({ g: a.g, v: b.v })) : [a])) ?? other;

/** Whether a layer may make another dtype of a quantized cache for a backend: unless its class says that it is not for sparse MLA. */
const mayRewrite = (R: Reader, frame: Frame, cls: ClassAtom): boolean =>
  ['is_mla', 'is_sparse'].every((name) => maySay(R, frame, cls, name));

function maySay(R: Reader, frame: Frame, cls: ClassAtom, name: string): boolean {
  const method = R.attrOf(frame, cls, name);
  const says = method ? R.call(frame, method, { pos: [], kw: new Map() }) : [];
  return says.length !== 1 || says[0]!.v.k !== 'bool' || says[0]!.v.b;
}

/** Layers with sparse MLA may make another one of a quantized cache once they have their backend. */
function cacheDtype(R: Reader, call: ReadonlyMap<string, Value>): Value | undefined {
  const value = call.get('kv_cache_dtype');
  const mla = call.get('use_mla')?.find((a) => a.v.k === 'bool' && a.v.b)?.g ?? NO;
  const later = kindInput(R, 'layer.kv_cache_dtype', ['str']);
  return value?.flatMap(({ g, v }) => {
    const rewritten = v.k === 'str' && !PLAIN.test(v.s) ? R.d.and(g, mla) : NO;
    return [
      ...later.map((a) => ({ g: R.d.and(rewritten, a.g), v: a.v })),
      { g: R.d.and(g, R.d.not(rewritten)), v },
    ].filter((a) => a.g !== NO);
  });
}

/** What stands for the model's own dtype, or for one that is not quantized. */
const PLAIN = /^(?:auto|bfloat16|float16|float32)$/;

/** A value where a flag is set, else None. */
const given = (R: Reader, flag: Value, value: Value): Value =>
  choose(
    R.d,
    flag.reduce<Cond>((c, a) => (a.v.k === 'bool' && a.v.b ? R.d.or(c, a.g) : c), NO),
    value,
    NONE_VALUE,
  );

/**
 * What the implementation's own classes raise with a statement, or where they import what is not there, as far as it depends on
 * nothing that was not read: what else may be raised is not known here.
 */
function told(R: Reader, cls: ClassAtom, events: readonly Event[]): readonly Event[] {
  const own = new Set(cls.mro.flatMap((c) => c.module?.path ?? []));
  const isOwn = (place: string): boolean => own.has(place.slice(0, place.lastIndexOf(':')));
  const look = (of: readonly Event[], g: Cond): readonly Event[] =>
    of.flatMap((e): Event[] => {
      if (e.kind === 'seen' || e.kind === 'log') return [];
      const here = R.d.and(g, e.g);
      if (e.kind === 'raise')
        return isOwn(e.place) && (e.explicit === true || isImport(e.exc)) && !isOpen(R, here) ? [e] : [];
      const trace = e.kind === 'call' ? look(e.trace, here) : [];
      return trace.length > 0 ? [{ ...e, trace }] : [];
    });
  return look(events, YES);
}

const isImport = (exc: InstanceAtom): boolean => exc.cls.mro.some((c) => c.name === 'ImportError');

/** Does a condition rest on something that was not read, or that nobody is asked of a layer? */
function isOpen(R: Reader, c: Cond, seen = new Set<number>()): boolean {
  return R.d.support(c).some((v) => {
    if (seen.has(v)) return false;
    seen.add(v);
    const m = R.book.meanings[v]!;
    switch (m.kind) {
      case 'definition':
        return m.cases.some((x) => isOpen(R, x, seen));
      case 'exists':
        return isOpen(R, m.body, seen);
      case 'test':
        return [...exprInputs(m.test)].some((name) => UNASKED.test(name));
      case 'opaque':
        return true;
      default:
        return UNASKED.test(m.input);
    }
  });
}

/** Facts of a layer that no question gives. */
const UNASKED = /^layer\.(?!(?:alibi|softcap|sliding_window)$)/;
