/**
 * What a release does with the keys that a line gives for a model's configuration object (`hf_overrides`), by the kind of their
 * values: its model configuration is made with one key of every kind, until it asks the finished object for its text part.
 */
import {
  bool,
  createReader,
  dict,
  entryFrame,
  findInClass,
  float,
  fresh,
  int,
  list,
  nameIn,
  native,
  NONE_VALUE,
  one,
  raiseBuiltin,
  str,
} from '../python/index.ts';
import type { Args, Atom, ClassAtom, FuncAtom, Node, Reader, Value } from '../python/index.ts';
import { createBook, YES } from '../rules/index.ts';
import type { Kind } from '../rules/index.ts';
import { createModelWorld, modelConfigs } from './modelworld.ts';
import { record } from './records.ts';
import type { Tree } from './tree.ts';

/** By when a key becomes an attribute of the object, the kinds of values with which it does. */
export interface Overrides {
  /** When its class has made it, before anything in it is put in order. */
  readonly early: readonly Kind[];
  /** When it has been put in order. What is no dictionary there before is replaced; an object is not. */
  readonly late: readonly Kind[];
}

const MODEL = 'vllm.config.model';
const LOADING = 'vllm.transformers_utils.config';
/** The function that loads the object, and that which is asked of it next. */
const LOAD = `${LOADING}.get_config`;
const NEXT = `${LOADING}.get_hf_text_config`;

/** How the keys begin that are given. */
const KEY = 'given_';

const SAMPLES: Readonly<Partial<Record<Kind, () => Value>>> = {
  none: () => NONE_VALUE,
  false: () => one(bool(false)),
  true: () => one(bool(true)),
  int: () => one(int(3)),
  float: () => one(float(0.5)),
  str: () => one(str('text')),
  list: () => one(list([{ g: YES, v: one(int(3)) }])),
  dict: () => one(dict([{ key: str('key'), g: YES, v: one(int(3)) }])),
};

const KINDS = Object.keys(SAMPLES) as Kind[];

/**
 * Reads it. `puts` says whether the function that loads the object takes what it is handed as `hf_overrides_kw` for attributes.
 * Undefined where that is not how the release does it.
 */
// oxlint-disable-next-line max-lines-per-function -- one reading, with the world in which it is
export function readOverrides(tree: Tree, platform: string, puts: boolean): Overrides | undefined {
  const base = createModelWorld(tree, platform);
  let handed: Atom | undefined;
  const asked: string[] = [];
  const load = (R: Reader, { kw }: Args): Value => {
    handed = kw.get('hf_overrides_kw')?.[0]?.v;
    return one(modelConfigs(R).whole);
  };
  const R = createReader(createBook(), {
    ...base,
    replaced(name, reader) {
      if (name === LOAD) return one({ ...native(name, (args) => load(reader, args)), takesRest: true });
      if (name !== NEXT) return base.replaced(name, reader);
      return one(
        native(name, () => {
          asked.push(name);
          raiseBuiltin(reader, reader.frame!, YES, 'StopIteration', 'no more is read');
          return NONE_VALUE;
        }),
      );
    },
  });
  R.lenient = true;
  const cls = nameIn(R, MODEL, 'ModelConfig')?.[0]?.v;
  if (cls?.k !== 'class') return undefined;
  const given = dict(KINDS.map((kind) => ({ key: str(`${KEY}${kind}`), g: YES, v: SAMPLES[kind]!() })));
  const made = record(R, cls, 'model_config');
  made.attrs.set('hf_overrides', one(given));
  for (const { name, fn } of workingOn(R, cls)) made.attrs.set(name, one({ id: fresh(), k: 'bound', fn, self: made }));
  const init = findInClass(R, cls, '__post_init__')?.value[0]?.v;
  if (init?.k !== 'func') return undefined;
  const { whole } = modelConfigs(R);
  const parameters = ((init.node.args as Node).args as Node[]).slice(1).map((p) => p.arg as string);
  const frame = entryFrame(R, MODEL);
  R.call(frame, R.getAttr(frame, one(made), '__post_init__'), {
    pos: [],
    kw: new Map(parameters.map((name) => [name, NONE_VALUE])),
  });
  const keys = handed?.k === 'dict' && puts ? handed.entries : [];
  const isSample = (kind: Kind, v: Atom): boolean =>
    JSON.stringify(v) === JSON.stringify(given.entries[KINDS.indexOf(kind)]!.v[0]!.v);
  const early = KINDS.filter((kind) =>
    keys.some(
      ({ g, key, v }) =>
        g === YES && key.k === 'str' && key.s === `${KEY}${kind}` && v.every((a) => isSample(kind, a.v)),
    ),
  );
  const late = KINDS.filter((kind) => {
    const held = whole.attrs.get(`${KEY}${kind}`) ?? [];
    // an object that stands there stays, and is changed further in
    return held.some((a) => isSample(kind, a.v)) && held.every((a) => a.v.k === 'instance' || isSample(kind, a.v));
  });
  return asked.length > 0 && early.every((kind) => !late.includes(kind)) ? { early, late } : undefined;
}

/** The methods that change what they are handed; what others say is a fact of the configuration. */
const workingOn = (R: Reader, cls: ClassAtom): readonly { readonly name: string; readonly fn: FuncAtom }[] =>
  (cls.scope?.body ?? []).flatMap((s) => {
    const name = s.nodeType === 'FunctionDef' ? (s.name as string) : '';
    const fn = /^_[a-z]/.test(name) ? findInClass(R, cls, name)?.value[0]?.v : undefined;
    return fn?.k === 'func' && ((fn.node.args as Node).args as Node[]).length > 2 ? [{ name, fn }] : [];
  });
