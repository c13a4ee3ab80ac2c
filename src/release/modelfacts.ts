/**
 * Reads how a release makes the facts of a model that its selection asks for, in two steps as vLLM does it: the shape of
 * the model from its configuration object, and the model configuration from that shape, the arguments of the command
 * line and the device.
 */
import {
  asPostInit,
  choose,
  copyWith,
  createReader,
  dataFields,
  entryFrame,
  findInClass,
  flatten,
  float,
  kindInput,
  native,
  one,
  opaque,
  partsOf,
  raiseBuiltin,
  textInput,
  truth,
  tuple,
} from '../python/index.ts';
import type { Atom, ClassAtom, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { createBook, YES } from '../rules/index.ts';
import type { RuleSet, Shipper, Term } from '../rules/index.ts';
import { configTerm as valueTerm } from './configterms.ts';
import { givenArguments } from './argumentinputs.ts';
import { jsonDict, shortList } from './json.ts';
import { changes } from './changes.ts';
import { createModelWorld, modelConfigs } from './modelworld.ts';
import { shipPart } from './parts.ts';
import { fieldInput, record } from './records.ts';
import type { Unread } from './selection.ts';
import { classOf, MODEL, readShapes, SHAPE, TAKES_MORE, TEXT_ONLY } from './shapes.ts';
import type { Shapes } from './shapes.ts';
import { createShipment, eventsTerm, onlyRaises, textTerm } from './terms.ts';
import type { Tree } from './tree.ts';

/** What a release makes of a model's configuration. */
export interface ModelFacts {
  readonly shape: Shapes;
  /** The model configuration: `model_config.<field>`, what is changed in the configuration object, and the events. */
  readonly model: RuleSet;
  readonly notes: readonly Unread[];
}

const ARGUMENTS = 'vllm.engine.arg_utils';

/** Reads the model facts of one platform. Throws when the tree has no `EngineArgs` or no `ModelConfig`. */
export function readModelFacts(tree: Tree, platform: string): ModelFacts {
  const shape = readShapes(tree, platform);
  const model = readModel(tree, platform, shape.shape.textOnly);
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

/** The model configuration, as the engine's arguments make it. */
function readModel(
  tree: Tree,
  platform: string,
  textOnly: ReadonlySet<string>,
): { readonly R: Reader; readonly rules: RuleSet } {
  const book = createBook();
  const world = createModelWorld(tree, platform);
  const R = createReader(book, {
    ...world,
    replaced: (name, reader) =>
      name === `${MODEL}.ModelConfig.${SHAPE}`
        ? one({ ...native(SHAPE, ({ pos }) => shapeNow(reader, pos[0] ?? [], textOnly)), method: true })
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
  for (const { v } of made) if (v.k === 'instance') shipModel(R, ship, v, textOnly);
  for (const [name, term] of [...changes(R, whole, 'hf'), ...changes(R, text, 'hf_text_config')]) ship.add(name, term);
  for (const [name, term] of passedOn(R)) ship.add(name, term);
  return { R, rules: ship.ship() };
}

/** The shape that a model configuration makes: once it is known what it may be given, that counts. */
function shapeNow(R: Reader, self: Value, textOnly: ReadonlySet<string>): Value {
  const frame = R.frame!;
  const shape = shapeRecord(R);
  const given = R.getAttr(frame, self, 'multimodal_config');
  if (textOnly.size === 0 || given.every(({ v }) => v.k === 'none')) return shape;
  const says = R.call(frame, R.getAttr(frame, self, TAKES_MORE), { pos: [], kw: new Map() });
  const more = truth(R, frame, says);
  const cls = classOf(R, SHAPE_MODULE, 'ModelArchitectureConfig');
  return shape.map(({ g, v }) => {
    if (v.k !== 'instance') return { g, v };
    const made = copyWith(v);
    for (const name of textOnly) {
      const without =
        fieldInput(R, cls, `${SHAPES}.${TEXT_ONLY}`, name) ?? one(opaque(`${name} of a model of text`, ''));
      made.attrs.set(name, choose(R.d, more, R.getAttr(frame, one(v), name), without));
    }
    return { g, v: made };
  });
}

/** What the class of a model's configuration object may raise, and becomes something else on its way out. */
const PASSED_ON = ['ValueError', 'AssertionError'];

/**
 * What becomes of what is raised while the configuration object is made, on its way out of the model configuration: by its class
 * `raised.<class>`, a text in which the input `refusal.text` is what was said.
 */
function passedOn(R: Reader): (readonly [name: string, term: Term])[] {
  const cls = classOf(R, MODEL, 'ModelConfig');
  return PASSED_ON.flatMap((type) => {
    const frame = entryFrame(R, MODEL);
    asPostInit(R, frame, cls, () => raiseBuiltin(R, frame, YES, type, textInput('refusal.text')));
    const [only, ...more] = flatten(R, frame.trace);
    if (only?.kind !== 'raise' || more.length > 0) return [];
    const text = textTerm(partsOf(R, frame, one(only.exc), false));
    return [[`raised.${type}`, { record: { type: only.exc.cls.name, text } }] as const];
  });
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
  'is_multimodal_model',
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
function shipModel(R: Reader, ship: Shipper, model: InstanceAtom, textOnly: ReadonlySet<string>): void {
  const shape = model.attrs.get('model_arch_config') ?? [];
  for (const name of textOnly)
    ship.add(`${SHAPES}.${name}`, valueTerm(R, R.getAttr(entryFrame(R, MODEL), shape, name)));
  for (const [name, value] of model.attrs)
    if (PARTS.has(name)) shipPart(R, ship, `model_config.${name}`, value);
    else if (!name.startsWith('_') && !SKIPPED.test(name)) ship.add(`model_config.${name}`, valueTerm(R, value));
  shipAnew(ship, R, model.cls);
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

const kindOf = (R: Reader, cls: ClassAtom, name: string): Atom['k'] | undefined =>
  findInClass(R, cls, name)?.value[0]?.v.k;

/** The properties of a model configuration among those asked that keep their first answer. */
export const keptAnswers = (R: Reader, cls: ClassAtom): readonly string[] =>
  ASKED.filter((name) => kindOf(R, cls, name) === 'cachedproperty');

/** Adds `anew` and `kept`: what of it is worked out each time that it is asked for, and what is kept once it was. */
function shipAnew(ship: Shipper, R: Reader, cls: ClassAtom): void {
  const kept = keptAnswers(R, cls);
  const anew = ASKED.filter((name) => kindOf(R, cls, name) !== undefined && !kept.includes(name));
  for (const [term, names] of Object.entries({ anew, kept }))
    ship.add(term, { list: names.map((name) => [YES, name] as const) });
}

/** Fields that are objects of configuration classes: what stands in them is asked field by field. */
const PARTS: ReadonlySet<string> = new Set(['multimodal_config', 'pooler_config']);

/** Fields that are objects, or nothing that a selection could ask. */
const SKIPPED =
  /^(hf_config|hf_text_config|model_arch_config|hf_overrides|(?!tokenizer).*revision|(?!allowed).*media.*|served_model_name|hf_token|override_generation_config|generation_config)$/;

/** Where the class of a model's shape stands, in releases that have one. */
export const SHAPE_MODULE = 'vllm.config.model_arch';

/** The shape of a model as a record of inputs `model_arch_config.<field>`, or under another name. */
export function shapeRecord(R: Reader, path: string = SHAPES): Value {
  const cls = classOf(R, SHAPE_MODULE, 'ModelArchitectureConfig');
  const made = record(R, cls, path);
  if (made.attrs.has('architectures')) return one(made);
  const text = (at: string): Value => kindInput(R, at, ['str']);
  made.attrs.set('architectures', shortList(R, `${path}.architectures`, text));
  const quantization = kindInput(R, `${path}.quantization_config`, ['none', 'dict'], () =>
    jsonDict(R, `${path}.quantization_config`),
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
