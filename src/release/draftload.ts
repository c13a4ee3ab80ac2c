/**
 * With which configuration a worker has what drafts build its model: read from the function that loads it, up to where it has the
 * model made.
 */
import {
  entryFrame,
  findInClass,
  native,
  newInstance,
  nameIn,
  one,
  opaque,
  originOf,
  under,
  UNBOUND,
  writtenIn,
} from '../python/index.ts';
import type { Atom, ClassAtom, InstanceAtom, Node, Reader, Value, World } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond, Shipper, Term } from '../rules/index.ts';
import { withFields } from './building.ts';
import { configTerm } from './configterms.ts';
import { attributeOf } from './workers.ts';

const GET_MODEL = 'vllm.model_executor.model_loader.get_model';
const REPLACE = 'vllm.config.utils.replace';
const LOADS = 'load_model';

/** What drafts, and when it does. */
export interface Drafting {
  readonly g: Cond;
  readonly v: Atom;
}

/** A model that is made: with which configuration, and of which model. */
interface Loading {
  readonly g: Cond;
  readonly config: Value;
  readonly model: Value;
  readonly prefix: Value;
}

/** Parts of the configuration that say nothing of layers that attend. */
const BESIDE = new Set(['kernel_config', 'load_config']);

/**
 * Adds `built.draft.read`, whether it was read; `built.draft.own`, whether the model configuration is that of what drafts;
 * `built.draft.parallel`, the same of the parallel configuration; `built.draft.prefix`; `built.draft.<part>.<field>` for what is
 * set there, missing where it is as it was.
 */
export function shipDraftLoad(R: Reader, ship: Shipper, config: InstanceAtom, who: readonly Drafting[]): void {
  const loads = who.flatMap(({ g, v }) =>
    v.k === 'instance' ? loadingsOf(R, config, v.cls).map((of) => ({ ...of, g: R.d.and(g, of.g) })) : [],
  );
  const spec = partOf(R, config, 'speculative_config');
  const draft = spec && partOf(R, spec, 'draft_model_config');
  if (loads.length === 0 || !draft) return;
  const parallel = partOf(R, spec, 'draft_parallel_config');
  const said: Said = { read: NO, own: NO, parallel: NO, prefix: [], fields: new Map() };
  for (const { g, config: given, model, prefix } of loads) {
    said.prefix.push(...prefix.map((a) => ({ g: R.d.and(g, a.g), v: a.v })));
    for (const { g: when, v } of given) {
      const at = R.d.and(g, when);
      const isOwn =
        v.k === 'instance' && writtenIn(v).has('model_config') && isAlways(v.attrs.get('model_config'), draft);
      // a model of another configuration is none that is known
      if (v.k !== 'instance' || originOf(v) !== config || !(isOwn || isAlways(model, draft))) continue;
      said.read = R.d.or(said.read, at);
      if (isOwn) said.own = R.d.or(said.own, at);
      noteFields(R, said, v, { at, parallel });
    }
  }
  shipSaid(R, ship, said);
}

const isAlways = (value: Value | undefined, v: Atom): boolean =>
  value !== undefined && value.length > 0 && value.every((a) => a.v === v);

/** What is found of all models that are made. */
interface Said {
  read: Cond;
  own: Cond;
  parallel: Cond;
  readonly prefix: Value[number][];
  readonly fields: Map<string, (readonly [Cond, Value])[]>;
}

/** Notes what is set in a configuration with which a model is made. */
function noteFields(
  R: Reader,
  said: Said,
  v: InstanceAtom,
  { at, parallel }: { readonly at: Cond; readonly parallel: Atom | undefined },
): void {
  const put = (name: string, g: Cond, value: Value): void =>
    void said.fields.set(name, [...(said.fields.get(name) ?? []), [g, value]]);
  for (const name of writtenIn(v)) {
    if (name === 'model_config' || BESIDE.has(name)) continue;
    for (const part of v.attrs.get(name) ?? []) {
      const g = R.d.and(at, part.g);
      const before = originOf(part.v);
      if (part.v.k !== 'instance') put(name, g, one(part.v));
      else
        for (const field of writtenIn(part.v)) {
          const value = part.v.attrs.get(field) ?? [];
          // what was set before, on the way to another answer, is as it was
          if (before.k !== 'instance' || before.attrs.get(field) !== value) put(`${name}.${field}`, g, value);
        }
      if (name === 'parallel_config' && before === parallel) said.parallel = R.d.or(said.parallel, g);
    }
  }
}

function shipSaid(R: Reader, ship: Shipper, { read, own, parallel, prefix, fields }: Said): void {
  const flag = (cond: Cond): Term => ({ pick: [[cond, true] as const, [R.d.not(cond), false] as const] });
  for (const [name, cond] of Object.entries({ read, own, parallel })) ship.add(`built.draft.${name}`, flag(cond));
  ship.add('built.draft.prefix', configTerm(R, prefix));
  for (const [name, values] of fields) {
    const set = values.reduce<Cond>((c, [g]) => R.d.or(c, g), NO);
    const now = values.flatMap(([g, value]) => value.map((a) => ({ g: R.d.and(g, a.g), v: a.v })));
    ship.add(`built.draft.${name}`, configTerm(R, [...now, { g: R.d.not(set), v: UNBOUND }]));
  }
}

/** The object under an attribute of another, where there is one for certain or none. */
function partOf(R: Reader, of: InstanceAtom, name: string): InstanceAtom | undefined {
  const v = R.getAttr(entryFrame(R, of.cls.modname), one(of), name).find((a) => a.v.k === 'instance')?.v;
  return v?.k === 'instance' ? v : undefined;
}

/** What a class has made when it loads its model. */
function loadingsOf(R: Reader, config: InstanceAtom, cls: ClassAtom): readonly Loading[] {
  const out: Loading[] = [];
  const { world } = R;
  const frame = entryFrame(R, cls.modname);
  // what is looked at once the model is made says nothing of it, and there is much
  let made: Cond = NO;
  const self: InstanceAtom = {
    ...newInstance(cls),
    lazy: (name) =>
      R.d.and(R.frame!.live, R.d.not(made)) === NO
        ? one(opaque(`self.${name} of what drafts, once its model is made`, cls.modname))
        : attributeOfClass(R, cls, config, name),
  };
  const replaced: World['replaced'] = (name, reader) =>
    name === REPLACE
      ? one({ ...native('replace', withFields(reader)), takesRest: true })
      : world.replaced(name, reader);
  const before = R.observers.get(GET_MODEL);
  R.observers.set(GET_MODEL, (args) => {
    const g = R.frame!.live;
    const given = args.get('vllm_config') ?? [];
    const model = (args.get('model_config') ?? []).filter((a) => a.v.k !== 'none');
    made = R.d.or(made, g);
    // nothing of what comes then is read
    for (let f = R.frame; f && f !== frame.caller; f = f.caller) f.live = R.d.and(f.live, R.d.not(g));
    out.push({ g, config: given, model, prefix: args.get('prefix') ?? [] });
    return one(opaque('a model that drafts', GET_MODEL));
  });
  (R as { world: World }).world = { ...world, replaced };
  try {
    const method = findInClass(R, cls, LOADS)?.value[0]?.v;
    if (method?.k === 'func')
      under(R, frame, YES, () =>
        R.call(frame, R.getAttr(frame, one(self), LOADS), { pos: [one(opaque('a model', GET_MODEL))], kw: new Map() }),
      );
  } finally {
    (R as { world: World }).world = world;
    if (before) R.observers.set(GET_MODEL, before);
    else R.observers.delete(GET_MODEL);
  }
  return out;
}

/** What the constructors of a class and its bases set an attribute to, the class's own first. */
function attributeOfClass(R: Reader, cls: ClassAtom, config: InstanceAtom, name: string): Value | undefined {
  if (name.startsWith('__')) return undefined;
  for (const c of cls.mro) {
    const init = (c.scope?.body ?? []).find((s: Node) => s.nodeType === 'FunctionDef' && s.name === '__init__');
    const of = init && nameIn(R, c.modname, c.name)?.[0]?.v;
    if (!init || of?.k !== 'class') continue;
    const made = attributeOf(R, { module: c.modname, cls: of, init, config }, name);
    if (made.length > 0) return made;
  }
  return findInClass(R, cls, name) ? undefined : one(opaque(`self.${name} of what drafts`, cls.modname));
}
