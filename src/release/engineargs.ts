/**
 * Reads what a release makes of its command line: `EngineArgs.from_cli_args` and `create_engine_config` run on arguments
 * that are inputs, `args.<dest>`. The result says, for the configuration that is in force when layers are built, what each
 * of its fields is, and what is raised on the way. What concerns the model is read elsewhere: here its facts are inputs.
 */
import {
  actionsOf,
  createReader,
  entryFrame,
  flatten,
  kindInput,
  nameIn,
  native,
  newInstance,
  NONE_VALUE,
  one,
  opaque,
  tuple,
  under,
} from '../python/index.ts';
import type { Added, Args, ClassAtom, Event, Frame, Reader, Value, World } from '../python/index.ts';
import { createBook, createShipper } from '../rules/index.ts';
import type { Cond, Kind, RuleSet, Shipper, Term } from '../rules/index.ts';
import { actionOf, buildParser, scalarOf } from './arguments.ts';
import { jsonDict, jsonList, jsonValue } from './json.ts';
import { createModelWorld, modelConfigs } from './modelworld.ts';
import { record } from './records.ts';
import type { Unread } from './selection.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';
import type { Tree } from './tree.ts';

const ARGUMENTS = 'vllm.engine.arg_utils';

/** The configuration objects whose fields are kept, by the attribute under which the whole configuration has them. */
const KEPT = [
  'attention_config',
  'cache_config',
  'parallel_config',
  'compilation_config',
  'kv_transfer_config',
  'speculative_config',
  'model_config',
];

/** What the command line comes to, and what was not read exactly. */
export interface EngineArguments {
  readonly rules: RuleSet;
  readonly notes: readonly Unread[];
}

/** Reads it for one platform. Throws when the tree has no engine arguments. */
export function readEngineArguments(tree: Tree, platform: string): EngineArguments {
  const book = createBook();
  const R = createReader(book, engineWorld(tree, platform));
  R.lenient = true;
  const ship = createShipper(book);
  const { frame, args } = givenArguments(R, ship);
  const contexts = nameIn(R, 'vllm.usage.usage_lib', 'UsageContext');
  const context = contexts ? R.getAttr(frame, contexts, 'OPENAI_API_SERVER') : NONE_VALUE;
  const config = R.call(frame, R.getAttr(frame, args, 'create_engine_config'), {
    pos: [],
    kw: new Map([['usage_context', context]]),
  });
  ship.add('config.events', eventsTerm(R, frame, ship, frame.trace));
  ship.add('config.gaps', gapsTerm(R, ship, frame.trace));
  const plain = plainTerm();
  for (const { v } of config)
    if (v.k === 'instance')
      for (const part of KEPT) {
        const value = v.attrs.get(part);
        if (!value) continue;
        ship.add(
          part,
          termOf(value, (x) => (x.k === 'none' ? null : { record: {} })),
        );
        for (const { g, v: p } of value)
          if (p.k === 'instance')
            for (const [name, field] of p.attrs) (void g, ship.add(`${part}.${name}`, termOf(field, plain)));
      }
  const notes = [...R.notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return { rules: ship.ship(), notes };
}

/**
 * The engine's arguments as `from_cli_args` makes them of what the parser gives, each an input `args.<dest>`; what parsing
 * raises is shipped as `parse.<dest>.events`. Throws when the tree has no engine arguments.
 */
export function givenArguments(R: Reader, ship?: Shipper): { readonly frame: Frame; readonly args: Value } {
  const { parser } = buildParser(R);
  const cls = nameIn(R, ARGUMENTS, 'AsyncEngineArgs')?.[0]?.v;
  if (cls?.k !== 'class') throw new Error('the tree has no AsyncEngineArgs');
  const namespace = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  for (const added of actionsOf(parser[0]!.v)) {
    const dest = String(scalarOf(added.action.attrs.get('dest')));
    if (namespace.attrs.has(dest)) continue;
    const parsing = entryFrame(R, ARGUMENTS);
    namespace.attrs.set(dest, argumentInput(R, parsing, parser, added, dest));
    if (ship && parsing.trace.length) ship.add(`parse.${dest}.events`, eventsTerm(R, parsing, ship, parsing.trace));
  }
  namespace.attrs.set('model', kindInput(R, 'args.model', ['str']));
  const frame = entryFrame(R, ARGUMENTS);
  return {
    frame,
    args: R.call(frame, R.getAttr(frame, one(cls), 'from_cli_args'), { pos: [one(namespace)], kw: new Map() }),
  };
}

/** The places that were not read, each under its condition: where one of them is passed, what comes after is not certain. */
function gapsTerm(R: Reader, ship: Shipper, trace: readonly Event[]): Term {
  const rows: [Cond, Term, readonly number[]][] = [];
  for (const e of flatten(R, trace))
    if (e.kind === 'seen' && e.what === 'gap') rows.push([e.g, textOf(e.values.get('why')), [ship.place(e.place)]]);
  return { list: rows };
}

const textOf = (value: Value | undefined): string => {
  const v = value?.[0]?.v;
  return v?.k === 'str' ? v.s : '';
};

/** The input `args.<dest>`, of the kinds that the parser makes for it. */
function argumentInput(R: Reader, frame: Frame, parser: Value, { action, options }: Added, dest: string): Value {
  const path = `args.${dest}`;
  const get = (name: string): Value | undefined => action.attrs.get(name);
  const kinds = new Set<Kind>();
  const note = (x: unknown): void =>
    void kinds.add(
      x === null ? 'none' : x === true ? 'true' : x === false ? 'false' : typeof x === 'number' ? 'int' : 'str',
    );
  const fallback = get('default');
  for (const { v } of fallback ?? [])
    if (v.k === 'none') kinds.add('none');
    else if (v.k === 'bool') note(v.b);
  const done = actionOf(R, parser, action, options, dest);
  if (done.sets) {
    Object.values(done.sets).forEach(note);
    return kindInput(R, path, ordered(kinds));
  }
  const nargs = scalarOf(get('nargs'));
  const made = converted(R, get('type'));
  if (nargs === '+' || nargs === '*' || done.action === 'append') {
    const items = made.some((a) => a.v.k === 'num' || a.v.k === 'int') ? (['int'] as const) : (['str'] as const);
    kinds.add('list');
    return kindInput(R, path, ordered(kinds), () => jsonList(R, path, (at) => kindInput(R, at, items)));
  }
  if (scalarOf(get('const')) === true) kinds.add('true');
  let cls: ClassAtom | undefined;
  for (const { v } of made) {
    const of = v.k === 'instance' ? v.attrs.get('__of__')?.[0]?.v : undefined;
    if (of?.k === 'class') cls = of;
    else if (v.k === 'instance' && v.attrs.has('__json__'))
      for (const k of ['none', 'false', 'true', 'int', 'float', 'str', 'list', 'dict'] as const) kinds.add(k);
    else if (v.k === 'none') kinds.add('none');
    else if (v.k === 'int' || (v.k === 'num' && !v.float)) kinds.add('int');
    else if (v.k === 'num' || v.k === 'float') kinds.add('float');
    else if (v.k === 'str' || v.k === 'text') kinds.add('str');
    else kinds.add('list');
  }
  if (cls) {
    const own = cls;
    if (!kinds.has('none')) return configured(R, frame, own, dest);
    return kindInput(R, path, ['none', 'dict']).flatMap((a) =>
      a.v.k === 'none'
        ? [a]
        : (under(R, frame, a.g, () => configured(R, frame, own, dest)) ?? []).map((b) => ({
            g: R.d.and(a.g, b.g),
            v: b.v,
          })),
    );
  }
  return jsonValue(R, path, ordered(kinds));
}

const ORDER: readonly Kind[] = ['none', 'false', 'true', 'int', 'float', 'str', 'list', 'dict'];
const ordered = (kinds: ReadonlySet<Kind>): readonly Kind[] => ORDER.filter((k) => kinds.has(k));

/** What a flag's converter can make of a text. */
function converted(R: Reader, type: Value | undefined): Value {
  const text = kindInput(R, 'text', ['str']);
  if (!type || type[0]?.v.k === 'none') return text;
  return R.call(entryFrame(R, ARGUMENTS), type, { pos: [text], kw: new Map() });
}

/**
 * An object of a configuration class made from the JSON of a flag; a flag that is not given is as one with no keys. Of a
 * class that nothing kept is made of, only the defaults are read: what JSON changes in it is open.
 */
function configured(R: Reader, frame: Frame, cls: ClassAtom, dest: string): Value {
  const path = `args.${dest}`;
  if (KEPT.includes(dest))
    return R.call(frame, one(cls), { pos: [], kw: new Map(), rest: jsonDict(R, path), json: true });
  const made = R.call(frame, one(cls), { pos: [], kw: new Map() });
  const given = R.d.not(
    R.book.test({
      op: 'eq',
      args: [
        { op: 'input', name: `${path}.#` },
        { op: 'const', value: 0 },
      ],
    }),
  );
  for (const { v } of made)
    if (v.k === 'instance')
      for (const [name, value] of v.attrs)
        v.attrs.set(name, [
          ...value.map((a) => ({ g: R.d.and(a.g, R.d.not(given)), v: a.v })),
          { g: given, v: opaque(`what ${path} says of ${name}`, path) },
        ]);
  return made;
}

/** What the reading of the command line does not enter: names of the tree, and what they give. */
const CUT: Readonly<Record<string, (R: Reader, args: Args) => Value>> = {
  // the model's facts are read by themselves
  'vllm.engine.arg_utils.EngineArgs.create_model_config': (R) => {
    const cls = nameIn(R, 'vllm.config.model', 'ModelConfig')?.[0]?.v;
    if (cls?.k !== 'class') return [];
    const made = record(R, cls, 'model_config');
    const { whole, text } = modelConfigs(R);
    made.attrs.set('hf_config', one(whole));
    made.attrs.set('hf_text_config', one(text));
    return one(made);
  },
  'vllm.engine.arg_utils.EngineArgs.create_logging_config': () => NONE_VALUE,
  'vllm.engine.arg_utils.EngineArgs.create_load_config': () => one(opaque('how weights are loaded', 'load_config')),
  'vllm.engine.arg_utils.EngineArgs.create_structured_outputs_config': () => NONE_VALUE,
  'vllm.logger.configure_logging_if_needed': () => NONE_VALUE,
  // a checkpoint that names its own drafter is another question
  'vllm.transformers_utils.config.maybe_override_with_speculators': (_R, { kw }) =>
    one(tuple([kw.get('model') ?? [], kw.get('tokenizer') ?? [], kw.get('vllm_speculative_config') ?? []])),
  'vllm.transformers_utils.repo_utils.get_model_path': (_R, { pos }) => pos[0]!,
  // how much is batched decides nothing that is kept; given or not, there is a number
  'vllm.engine.arg_utils.EngineArgs._set_default_max_num_seqs_and_batched_tokens_args': (R, { pos }) => {
    for (const { v } of pos[0] ?? [])
      if (v.k === 'instance')
        for (const name of ['max_num_batched_tokens', 'max_num_seqs'])
          v.attrs.set(name, kindInput(R, `scheduler.${name}`, ['int']));
    return NONE_VALUE;
  },
  'vllm.utils.network_utils.get_open_port': () => one(opaque('a free port', 'get_open_port')),
  'vllm.utils.network_utils.get_open_ports_list': () => one(opaque('free ports', 'get_open_ports_list')),
  'vllm.utils.network_utils.get_ip': () => one(opaque('the address of this machine', 'get_ip')),
};

/** Classes whose objects only hold what they are given: what their own constructors do is not read. */
const HELD = ['vllm.config.vllm.VllmConfig', 'vllm.config.scheduler.SchedulerConfig'];

function engineWorld(tree: Tree, platform: string): World {
  const base = createModelWorld(tree, platform);
  return {
    ...base,
    replaced: (name, R) => (CUT[name] ? one(native(name, (args) => CUT[name]!(R, args))) : base.replaced(name, R)),
    construct(R, cls, args) {
      if (!HELD.includes(`${cls.modname}.${cls.qualname}`) || args.kw.size === 0) return base.construct?.(R, cls, args);
      const made = newInstance(cls);
      for (const [name, value] of args.kw) made.attrs.set(name, value);
      return one(made);
    },
  };
}
