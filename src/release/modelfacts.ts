/**
 * Reads how a release makes the facts of a model that its selection asks for, in two steps as vLLM does it: the shape of
 * the model from its configuration object, and the model configuration from that shape, the arguments of the command
 * line and the device.
 */
import {
  createReader,
  dataFields,
  entryFrame,
  findInClass,
  float,
  kindInput,
  nameIn,
  native,
  newInstance,
  NONE_VALUE,
  one,
  tuple,
  UNBOUND,
} from '../python/index.ts';
import type { ClassAtom, Frame, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { createBook, NO } from '../rules/index.ts';
import type { Cond, RuleSet, Shipper, Term } from '../rules/index.ts';
import { configTerm as valueTerm } from './configterms.ts';
import { givenArguments } from './argumentinputs.ts';
import { forgetJson, jsonDict, shortList } from './json.ts';
import { ANOTHER, createModelWorld, modelConfigs, modelTypes } from './modelworld.ts';
import { record } from './records.ts';
import type { Unread } from './selection.ts';
import { createShipment, eventsTerm, onlyRaises } from './terms.ts';
import type { Tree } from './tree.ts';

/** What a release makes of a model's configuration. */
export interface ModelFacts {
  /**
   * The shape: for a model type the number of its kind, `kinds`; then terms `<kind>.<field>` of the model's architecture
   * configuration, `<kind>.hf.<key>` for what is changed in the configuration object, and `<kind>.events`.
   */
  readonly shape: { readonly kinds: Readonly<Record<string, number>>; readonly rules: RuleSet };
  /** The model configuration: `model_config.<field>`, what is changed in the configuration object, and the events. */
  readonly model: RuleSet;
  readonly notes: readonly Unread[];
}

const MODEL = 'vllm.config.model';
const ARGUMENTS = 'vllm.engine.arg_utils';
const SHAPE = 'get_model_arch_config';

/** Reads the model facts of one platform. Throws when the tree has no `EngineArgs` or no `ModelConfig`. */
export function readModelFacts(tree: Tree, platform: string): ModelFacts {
  const shape = readShapes(tree, platform);
  const model = readModel(tree, platform);
  return { shape: shape.shape, model: model.rules, notes: together([shape.R, model.R]) };
}

/** What several readings noted, in order of the places; what they note alike is noted once. */
function together(readings: readonly Reader[]): readonly Unread[] {
  const found = new Map<string, Unread>();
  for (const R of readings)
    for (const note of R.notes.values()) {
      const key = `${note.place}\n${note.kind}\n${note.what}`;
      found.set(key, { ...note, count: note.count + (found.get(key)?.count ?? 0) });
    }
  const order = ({ place, kind, what }: Unread): string => `${place}\n${kind}\n${what}`;
  return [...found.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function classOf(R: Reader, module: string, name: string): ClassAtom {
  const v = nameIn(R, module, name)?.[0]?.v;
  if (v?.k !== 'class') throw new Error(`the tree has no ${name}`);
  return v;
}

/** The shapes of all kinds of models: model types that are treated alike are one kind; kind 0 is any other type. */
export function readShapes(tree: Tree, platform: string): { readonly R: Reader; readonly shape: ModelFacts['shape'] } {
  const book = createBook();
  const R = createReader(book, createModelWorld(tree, platform));
  const ship = createShipment(R);
  const kinds: Record<string, number> = {};
  const known = new Map<string, number>();
  for (const type of [undefined, ...modelTypes(R)]) {
    const said = readShape(R, type);
    const into = (to: Shipper, prefix: string): void => {
      for (const [name, term] of said.terms) to.add(`${prefix}${name}`, term);
      to.add(`${prefix}events`, eventsTerm(R, said.frame, to, onlyRaises(said.frame.trace)));
    };
    const alone = createShipment(R);
    into(alone, '');
    const key = withoutNumbers(JSON.stringify(alone.ship()));
    let kind = known.get(key);
    if (kind === undefined) {
      known.set(key, (kind = known.size));
      into(ship, `${kind}.`);
    }
    if (type !== undefined && kind > 0) kinds[type] = kind;
  }
  return { R, shape: { kinds, rules: ship.ship() } };
}

/** A text in which the numbers of loops, lists and states, which differ with every reading, are those of their order. */
function withoutNumbers(text: string): string {
  const seen = new Map<string, string>();
  return text.replaceAll(/"(?:state\.|[#@])\d+|(?<=\.)@\d+/g, (name) => {
    let own = seen.get(name);
    if (own === undefined) seen.set(name, (own = `${name.replace(/\d+$/, '')}~${seen.size}`));
    return own;
  });
}

/** The shape of models of one type, or of any type that is not compared with. */
function readShape(
  R: Reader,
  type: string | undefined,
): { readonly frame: Frame; readonly terms: readonly (readonly [string, Term])[] } {
  forgetJson(R);
  const { whole, text } = modelConfigs(R, type ?? ANOTHER);
  const cls = classOf(R, MODEL, 'ModelConfig');
  const self = newInstance(cls);
  const attrs: Readonly<Record<string, Value>> = {
    hf_config: one(whole),
    hf_text_config: one(text),
    revision: NONE_VALUE,
    multimodal_config: NONE_VALUE,
  };
  for (const [name, value] of Object.entries(attrs)) self.attrs.set(name, value);
  const frame = entryFrame(R, MODEL);
  const made = R.call(frame, R.getAttr(frame, one(self), SHAPE), { pos: [], kw: new Map() });
  const terms: [string, Term][] = [];
  const names = new Set(made.flatMap((a) => (a.v.k === 'instance' ? [...a.v.attrs.keys()] : [])));
  for (const name of names) {
    const value = made.flatMap((a) =>
      (a.v.k === 'instance' ? (a.v.attrs.get(name) ?? []) : []).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v })),
    );
    // of which type it is was given
    terms.push([name, name === 'model_type' ? { fact: 'hf.model_type' } : valueTerm(R, value)]);
  }
  return { frame, terms: [...terms, ...changes(R, whole, 'hf'), ...changes(R, text, 'hf_text_config')] };
}

/** What was changed in a configuration object since it was made. */
export function changes(R: Reader, of: InstanceAtom, path: string): [string, Term][] {
  const out: [string, Term][] = [];
  for (const [name, value] of of.attrs) {
    const before = of.lazy?.(name);
    if (name === 'model_type' || name === 'is_heterogeneous' || !before) continue;
    const term = valueTerm(R, value);
    if (JSON.stringify(term) !== JSON.stringify(valueTerm(R, before))) out.push([`${path}.${name}`, term]);
    out.push(...changedKeys(R, value, `${path}.${name}`));
  }
  return out;
}

/** The keys that were changed in a dictionary of the question, whichever of the dictionaries it is by now. */
function changedKeys(R: Reader, value: Value, path: string): [string, Term][] {
  const dicts = value.flatMap(({ g, v }) => (v.k === 'dict' && v.lazy ? [{ g, v, lazy: v.lazy }] : []));
  const changed = dicts.flatMap(({ v }) => (v.version > 0 ? v.entries : []));
  // of what is no dictionary there is no key
  const none = { g: R.d.not(dicts.reduce<Cond>((c, { g }) => R.d.or(c, g), NO)), v: UNBOUND };
  const keys = new Set(changed.flatMap(({ key }) => (key.k === 'str' ? [key.s] : [])));
  return [...keys].flatMap((key): [string, Term][] => {
    const before = dicts.flatMap(({ g, lazy }) => under(R, g, lazy.at(key) ?? []));
    const now = dicts.flatMap(({ g, v, lazy }) => {
      const own = v.entries.filter((e) => e.key.k === 'str' && e.key.s === key);
      const first = lazy.at(key) ?? [];
      if (own.length === 0) return under(R, g, first);
      const held = own.reduce<Cond>((c, e) => R.d.or(c, e.g), NO);
      const absent = first.filter((a) => a.v.k === 'unbound');
      return [...own.flatMap((e) => under(R, R.d.and(g, e.g), e.v)), ...under(R, R.d.and(g, R.d.not(held)), absent)];
    });
    const term = valueTerm(R, [...now, none]);
    return JSON.stringify(term) === JSON.stringify(valueTerm(R, [...before, none])) ? [] : [[`${path}.${key}`, term]];
  });
}

/** A value where a condition holds. */
const under = (R: Reader, g: Cond, value: Value): Value => value.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));

/** The model configuration, as the engine's arguments make it. */
export function readModel(tree: Tree, platform: string): { readonly R: Reader; readonly rules: RuleSet } {
  const book = createBook();
  const world = createModelWorld(tree, platform);
  const R = createReader(book, {
    ...world,
    replaced: (name, reader) =>
      name === `${MODEL}.ModelConfig.${SHAPE}`
        ? one(native(SHAPE, () => shapeRecord(reader)))
        : world.replaced(name, reader),
  });
  // what was raised before need not be said again: the order of events says so
  R.finished = true;
  const ship = createShipment(R);
  const { whole, text } = modelConfigs(R);
  const { args } = givenArguments(R, () => false);
  const frame = entryFrame(R, ARGUMENTS);
  const made = R.call(frame, R.getAttr(frame, args, 'create_model_config'), { pos: [], kw: new Map() });
  ship.add('events', eventsTerm(R, frame, ship, frame.trace));
  for (const { v } of made) if (v.k === 'instance') shipModel(R, ship, v);
  for (const [name, term] of [...changes(R, whole, 'hf'), ...changes(R, text, 'hf_text_config')]) ship.add(name, term);
  return { R, rules: ship.ship() };
}

/** What a selection, and the configuration around it, ask of a model configuration. */
const ASKED = [
  'get_head_size',
  'get_num_attention_heads',
  'get_num_kv_heads',
  'get_total_num_kv_heads',
  'get_sliding_window',
  'get_total_num_hidden_layers',
  'is_deepseek_mla',
  'use_mla',
  'is_mm_prefix_lm',
  'rswa_window',
  'is_diffusion',
  'is_hybrid',
  'is_attention_free',
  'is_encoder_decoder',
  'is_moe',
  'is_quantized',
  'attn_type',
  'is_chunked_prefill_supported',
  'is_prefix_caching_supported',
];

/** The methods among those asked that need the parallel configuration: what they say follows once that is there. */
export const perWorker = (R: Reader, model: ClassAtom): readonly string[] =>
  ASKED.filter((name) => {
    const found = findInClass(R, model, name)?.value[0]?.v;
    return found?.k === 'func' && ((found.node.args as Node).args as Node[]).length > 1;
  });

/** The fields of the model configuration, and what its methods and properties say. */
function shipModel(R: Reader, ship: Shipper, model: InstanceAtom): void {
  for (const [name, value] of model.attrs)
    if (!name.startsWith('_') && !SKIPPED.test(name)) ship.add(`model_config.${name}`, valueTerm(R, value));
  const parallel = record(R, classOf(R, 'vllm.config.parallel', 'ParallelConfig'), 'parallel_config');
  for (const name of ASKED) {
    const found = findInClass(R, model.cls, name)?.value[0]?.v;
    if (!found) continue;
    const frame = entryFrame(R, MODEL);
    const got = R.getAttr(frame, one(model), name);
    const needed = found.k === 'func' ? ((found.node.args as Node).args as Node[]).slice(1, 2) : [];
    const value =
      found.k === 'func' ? R.call(frame, got, { pos: needed.map(() => one(parallel)), kw: new Map() }) : got;
    ship.add(`model_config.${name}`, valueTerm(R, value));
    const events = onlyRaises(frame.trace);
    if (events.length) ship.add(`model_config.${name}.events`, eventsTerm(R, frame, ship, events));
  }
}

/** Fields that are objects, or nothing that a selection could ask. */
const SKIPPED =
  /^(hf_config|hf_text_config|model_arch_config|hf_overrides|model_class_overrides|tokenizer.*|.*revision|.*media.*|served_model_name|hf_token|override_generation_config|generation_config)$/;

/** The shape of the model as a record of inputs `model_arch_config.<field>`. */
export function shapeRecord(R: Reader): Value {
  const cls = classOf(R, 'vllm.config.model_arch', 'ModelArchitectureConfig');
  const made = record(R, cls, SHAPES);
  if (made.attrs.has('architectures')) return one(made);
  const text = (at: string): Value => kindInput(R, at, ['str']);
  made.attrs.set('architectures', shortList(R, `${SHAPES}.architectures`, text));
  const quantization = kindInput(R, `${SHAPES}.quantization_config`, ['none', 'dict'], () =>
    jsonDict(R, `${SHAPES}.quantization_config`),
  );
  made.attrs.set('quantization_config', quantization);
  for (const { name } of dataFields(R, cls)) {
    if (made.attrs.has(name)) continue;
    const value = made.lazy!(name);
    if (value) made.attrs.set(name, boundless(R, value));
  }
  return one(made);
}

const SHAPES = 'model_arch_config';

/** A value in which a number with a fraction may be infinite as well. */
const boundless = (R: Reader, value: Value): Value =>
  value.flatMap(({ g, v }): Value => {
    if (v.k === 'tuple')
      return [
        {
          g,
          v: tuple(
            v.items.map((i) => boundless(R, i)),
            v.cls,
          ),
        },
      ];
    if (v.k !== 'num' || !v.float) return [{ g, v }];
    const beyond = R.book.test({ op: 'isinf', args: [v.e] });
    return [
      { g: R.d.and(g, R.d.not(beyond)), v },
      { g: R.d.and(g, beyond), v: float(Infinity) },
    ];
  });
