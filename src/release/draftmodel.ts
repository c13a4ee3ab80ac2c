/**
 * The configuration of a model that drafts: a second model configuration, which a release makes of another config.json. Its fields
 * and those of its configuration objects are facts `draft.*`; what it is made with, and what is changed in it, are terms.
 */
import {
  NONE_VALUE,
  UNBOUND,
  builtinClass,
  dict,
  exception,
  findInClass,
  flagCond,
  flagInput,
  fresh,
  kindInput,
  native,
  newInstance,
  one,
  opaque,
  placeOf as placeIn,
  setAttr,
  str,
  text,
  tuple,
  under,
} from '../python/index.ts';
import type { Args, Atom, ClassAtom, FuncAtom, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond, Shipper, Term } from '../rules/index.ts';
import { configTerm } from './configterms.ts';
import { placeOf } from './json.ts';
import { shapeRecord } from './modelfacts.ts';
import { secondConfigs } from './modelworld.ts';
import { dtypeInput } from './outside.ts';
import { fieldsOf } from './parts.ts';
import { fieldInput, record } from './records.ts';
import { plainTerm, termOf } from './terms.ts';

/** How the names of its facts begin. */
export const DRAFT = 'draft';
/** The same of what is worked out again once its configuration object was exchanged. */
const LATE = `${DRAFT}.late`;

/** A model configuration that is made, and with what. */
interface Made {
  readonly model: InstanceAtom;
  readonly args: Args;
  /** The place where it is made. */
  readonly place: string;
}

const made = new WeakMap<Reader, Made>();

/** A text of the question. */
const textInput = (name: string): Value => one(text([{ p: 'expr', e: { op: 'input', name } }]));

/** What stands in such a model configuration beside its fields. */
function partsOf(R: Reader, info: ClassAtom | undefined): ReadonlyMap<string, Value> {
  const { whole, text: inner } = secondConfigs(R, DRAFT);
  return new Map([
    ['hf_config', one(whole)],
    ['hf_text_config', one(inner)],
    ['dtype', dtypeInput(R, `${DRAFT}.model_config.dtype`)],
    ['quantization', kindInput(R, `${DRAFT}.model_config.quantization`, ['none', 'str'])],
    ['model', textInput(`${DRAFT}.model_config.model`)],
    ['model_arch_config', shapeRecord(R, `${DRAFT}.model_arch_config`)],
    ['_architecture', textInput(`${DRAFT}.model_config.architecture`)],
    ...(info ? [['_model_info', one(record(R, info, `${DRAFT}.model_info`))] as const] : []),
  ]);
}

/** The model configuration of a release's class; undefined where it makes another one already. */
export function draftModel(R: Reader, cls: ClassAtom, info: ClassAtom | undefined, args: Args): Value | undefined {
  const frame = R.frame!;
  const place = placeIn(frame);
  const before = made.get(R);
  if (before && before.place !== place) return undefined;
  const parts = partsOf(R, info);
  const model: InstanceAtom = before?.model ?? {
    ...newInstance(cls),
    id: fresh(),
    lazy: (name) => parts.get(name) ?? fieldInput(R, cls, `${DRAFT}.model_config`, name),
  };
  made.set(R, { model, args, place });
  mayRaise(R, `${DRAFT}.refused`);
  return one(model);
}

/** Notes that something of which nobody knows more is raised where a fact says so. */
function mayRaise(R: Reader, fact: string): void {
  const frame = R.frame!;
  const place = placeIn(frame);
  const refused = flagCond(R, fact);
  const exc = exception(R.builtin('Exception')![0]!.v as ClassAtom, [one(opaque('what is raised of it', place))]);
  frame.trace.push({ kind: 'raise', g: R.d.and(frame.live, refused), exc, place });
}

/** Is it the model configuration of a model that drafts? */
const isDraft = (R: Reader, v: Atom): boolean => v === made.get(R)?.model;

/** Its shape once its object was exchanged; undefined of any other model configuration. */
export const lateShape = (R: Reader, { pos }: Args): Value | undefined =>
  pos[0]?.every(({ v }) => isDraft(R, v)) === true ? shapeRecord(R, `${LATE}.model_arch_config`) : undefined;

/** What the registry then says of it; of any other what `target` gives. */
export function lateInfo(R: Reader, info: ClassAtom | undefined, { pos, kw }: Args, target: () => Value): Value {
  const asked = pos.at(-1) ?? kw.get('model_config') ?? [];
  const said = info ? one(record(R, info, `${LATE}.model_info`)) : one(opaque('what the registry says of it', ''));
  const own = tuple([said, textInput(`${LATE}.model_config.architecture`)]);
  if (asked.some(({ v }) => isDraft(R, v))) mayRaise(R, `${LATE}.refused`);
  return asked.some(({ v }) => isDraft(R, v))
    ? asked.flatMap(({ g, v }) =>
        isDraft(R, v) ? [{ g, v: own }] : target().map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
      )
    : target();
}

/** The names under which packages know the class of all configuration objects. */
const BASES = new Set(['transformers.PreTrainedConfig', 'transformers.PretrainedConfig']);
/** Attributes of which it is not known what becomes of them when an object is written down and read again. */
const LOST = new Set(['dtype', 'torch_dtype']);

/**
 * An object of a class of the release that is made of the configuration object: what its constructor sets is set, and all else of
 * it is what the other object holds, as that constructor copies what `to_dict` gives. Undefined of any other object.
 */
export function wrapping(R: Reader, cls: ClassAtom, { pos: [first = [], ...pos], kw }: Args): Value | undefined {
  const isObject = (v: Atom): v is InstanceAtom => v.k === 'instance' && placeOf(v) === `${DRAFT}.hf`;
  if (!first.some(({ v }) => isObject(v))) return undefined;
  const init = findInClass(R, cls, '__init__')?.value[0]?.v;
  if (init?.k !== 'func' || !cls.mro.some((c) => c.foreign.some((name) => BASES.has(name)))) return undefined;
  const frame = R.frame!;
  const unknown = opaque('an object that is made of another configuration', placeIn(frame));
  return first.flatMap(({ g, v }) => {
    const own = isObject(v)
      ? under(R, frame, g, () =>
          wrapped(R, cls, v, (self, args) =>
            R.call(frame, one({ id: fresh(), k: 'bound', fn: init, self }), { pos: [args, ...pos], kw }),
          ),
        )
      : undefined;
    return [{ g, v: own ?? unknown }];
  });
}

/** Makes one of them; undefined where it does not copy what the other one holds. */
function wrapped(
  R: Reader,
  cls: ClassAtom,
  inner: InstanceAtom,
  make: (self: InstanceAtom, inner: Value) => void,
): InstanceAtom | undefined {
  const own: InstanceAtom = { ...newInstance(withBase(R, cls)), lazy: (name) => held(R, own, inner, name) };
  inner.attrs.set('to_dict', one(native('to_dict', () => one(dict([{ key: PROBE, g: YES, v: one(PROBE) }])))));
  make(own, one(inner));
  inner.attrs.delete('to_dict');
  const copied = own.attrs.get(PROBED)?.some(({ v }) => v === PROBE) === true;
  own.attrs.delete(PROBED);
  return copied ? own : undefined;
}

/** A key and what stands under it, by which it is seen whether an object copies what another one holds. */
const PROBED = 'copied_probe';
const PROBE = str(PROBED);

/** The class with a base whose constructor sets what it is given by name. Mirrors transformers' `PreTrainedConfig.__init__`. */
function withBase(R: Reader, cls: ClassAtom): ClassAtom {
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const base = builtinClass('PreTrainedConfig', object, 'transformers');
  const init = native('__init__', ({ pos, kw, rest }) => {
    const frame = R.frame!;
    for (const [name, value] of kw) setAttr(R, frame, pos[0]!, name, value);
    for (const { g, key, v } of rest?.entries ?? [])
      if (key.k === 'str') under(R, frame, g, () => setAttr(R, frame, pos[0]!, key.s, v));
    return NONE_VALUE;
  });
  base.attrs.set('__init__', one({ ...init, method: true, takesRest: true }));
  return { ...cls, mro: [cls, base, object] };
}

/** What an object that wraps another one has of it. */
function held(R: Reader, own: InstanceAtom, inner: InstanceAtom, name: string): Value | undefined {
  if (name.startsWith('__')) return undefined;
  if (LOST.has(name)) return one(opaque(`${name} of a configuration that is wrapped`, ''));
  if (name !== 'get_text_config') return inner.attrs.get(name) ?? inner.lazy?.(name);
  const same = flagInput(R, `${DRAFT}.hf.text_is_whole`).map(({ g, v }) => ({
    g,
    v: v.k === 'bool' && v.b ? own : opaque('the text config of a configuration that is wrapped', ''),
  }));
  return one(native(name, () => same));
}

/** What is made of the second model configuration, as terms: see `DraftRules`. Nothing where a release makes none. */
export function shipDraftModel(R: Reader, ship: Shipper, config: Value): void {
  const found = made.get(R);
  if (!found) return;
  const { model, args } = found;
  for (const [name, value] of args.kw) ship.add(`${DRAFT}.args.${name}`, argumentTerm(plainFunctions(R, value)));
  const { whole } = secondConfigs(R, DRAFT);
  const objects = model.attrs.get('hf_config') ?? [];
  const flag = (cond: Cond): Term => ({
    pick: [
      [cond, true],
      [R.d.not(cond), false],
    ],
  });
  const where = (value: Value, is: (v: Atom) => boolean): Cond =>
    value.reduce<Cond>((c, { g, v }) => (is(v) ? R.d.or(c, g) : c), NO);
  ship.add(`${DRAFT}.wrapped`, flag(where(objects, (v) => v !== whole)));
  const shape = model.attrs.get('model_arch_config') ?? [];
  const late = shapeRecord(R, `${LATE}.model_arch_config`)[0]!.v;
  ship.add(`${DRAFT}.updated`, flag(where(shape, (v) => v === late)));
  const inner = objects.flatMap(({ v }) => (v.k === 'instance' ? holding(v, whole) : []));
  if (inner.length > 0) ship.add(`${DRAFT}.inner`, inner[0]!);
  for (const [name, term] of changedIn(R, objects, whole)) ship.add(`${DRAFT}.hf.${name}`, term);
  for (const [name, value] of model.attrs) {
    const before = OBJECTS.has(name) ? undefined : model.lazy!(name);
    const term = before && configTerm(R, value);
    if (term && JSON.stringify(term) !== JSON.stringify(configTerm(R, before)))
      ship.add(`${DRAFT}.model_config.${name}`, term);
  }
  for (const [name, value] of parallelOf(R, config)) ship.add(`${DRAFT}.parallel_config.${name}`, configTerm(R, value));
}

/** The attributes of an object that hold another one. */
const holding = (v: InstanceAtom, held: Atom): string[] =>
  [...v.attrs].flatMap(([name, value]) => (value.some((a) => a.v === held) ? [name] : []));

/** What of a model configuration is no plain field. */
const OBJECTS = new Set(['hf_config', 'hf_text_config', 'model_arch_config', '_model_info', '_architecture']);

/** Functions to which something is given beforehand, where that is what they take without it: the functions alone. */
const plainFunctions = (R: Reader, value: Value): Value =>
  value.flatMap(({ g, v }) => {
    const of = v.k === 'partial' && v.fn.length === 1 ? v.fn[0]!.v : undefined;
    if (v.k !== 'partial' || of?.k !== 'func' || (v.args?.pos.length ?? 0) > 0) return [{ g, v }];
    const unset = noneWithout(of);
    const plain = [...(v.args?.kw ?? [])].reduce<Cond>(
      (c, [name, given]) =>
        R.d.and(c, unset.has(name) ? given.reduce<Cond>((d, a) => (a.v.k === 'none' ? R.d.or(d, a.g) : d), NO) : NO),
      YES,
    );
    return [
      { g: R.d.and(g, plain), v: of },
      { g: R.d.and(g, R.d.not(plain)), v },
    ].filter((a) => a.g !== NO);
  });

/** The parameters of a function that are None where nothing is given. */
function noneWithout({ node }: FuncAtom): ReadonlySet<string> {
  const { args, defaults, kwonlyargs, kw_defaults } = node.args as Readonly<Record<string, readonly (Node | null)[]>>;
  const last = args!.slice(args!.length - defaults!.length).map((p, i) => [p, defaults![i]] as const);
  const own = kwonlyargs!.map((p, i) => [p, kw_defaults![i]] as const);
  const isNone = (n: Node | null | undefined): boolean => n?.nodeType === 'Constant' && n.value === null;
  return new Set([...last, ...own].flatMap(([p, value]) => (isNone(value) ? [String(p!.arg)] : [])));
}

/** An argument with which it is made; a function that changes the object is told by its name. */
const argumentTerm = (value: Value): Term => {
  const own = plainTerm();
  return termOf(value, (v) =>
    v.k === 'func' ? v.qualname : v.k === 'outside' && v.constant ? v.name.replace(/^torch\./, '') : own(v),
  );
};

/** The attributes that the objects, one or another, hold otherwise than the one before. */
function changedIn(R: Reader, objects: Value, before: InstanceAtom): readonly (readonly [string, Term])[] {
  const names = new Set(objects.flatMap(({ v }) => (v.k === 'instance' ? [...v.attrs.keys()] : [])));
  const at = (v: Atom, name: string): Value =>
    (v.k === 'instance' ? (v.attrs.get(name) ?? v.lazy?.(name)) : undefined) ?? one(UNBOUND);
  return [...names].flatMap((name) => {
    const now = objects.flatMap(({ g, v }) => at(v, name).map((a) => ({ g: R.d.and(g, a.g), v: a.v })));
    if (now.every(({ v }) => v.k === 'native')) return [];
    const term = configTerm(R, now);
    const first = before.lazy?.(name);
    return first && JSON.stringify(configTerm(R, first)) === JSON.stringify(term) ? [] : [[name, term] as const];
  });
}

/** The fields of the parallel configuration that the model that drafts has of its own. */
function parallelOf(R: Reader, config: Value): ReadonlyMap<string, Value> {
  const part = (of: Value, name: string): Value =>
    of.flatMap(({ g, v }) =>
      (v.k === 'instance' ? (v.attrs.get(name) ?? []) : []).map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
    );
  const target = new Set(part(config, 'parallel_config').map(({ v }) => v));
  const own = part(part(config, 'speculative_config'), 'draft_parallel_config').filter(({ v }) => !target.has(v));
  return fieldsOf(R, own);
}
