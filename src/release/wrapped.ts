/**
 * A model of which a package builds the layers, and vLLM exchanges those that attend: what vLLM finds in it are facts of the
 * package, by the type of the configuration. See `attending.ts`, which reads them.
 */
import {
  builtinClass,
  dict,
  kindInput,
  knownOutside,
  list,
  native,
  NONE_VALUE,
  note,
  oldInstance,
  one,
  opaque,
  outside,
  partsOf,
  placeOf,
  seen,
  setAttr,
  str,
  textValue,
  TRUE,
  tuple,
} from '../python/index.ts';
import type { Args, Atom, ClassAtom, Frame, FuncAtom, InstanceAtom, Part, Reader, Value } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { ATTENDS, TAKES } from './attending.ts';

/** Where vLLM's classes stand that wrap such a model. */
const WRAPPERS = /^vllm\.model_executor\.models\.transformers(\.|$)/;

/** How such a model attends, a fact: where its layers stand, and where in a layer the module that does. */
const PATH = `${ATTENDS}.{hf_text_config.model_type}`;

/** Functions of the wrappers that handle weights, or choose between forms of the same computation. */
const OF_WEIGHTS = new Set([
  '_create_hf_to_vllm_mapper',
  'disable_noop_dynamic_rope',
  'init_parameters',
  'keep_in_fp32',
]);
/** The one that exchanges layers of weights, and keeps which modules attend. */
const EXCHANGES = 'recursive_replace';

/** What makes the weights. */
const MODEL = 'transformers:PreTrainedModel';

const KNOWN = 'how a model of the package attends';

/** The condition under which each layer has one module that attends, that sees nothing that comes later, and has no sinks. */
const isPlain = (R: Reader): Cond =>
  kindInput(R, PATH, ['missing', 'list'], () => list([])).reduce<Cond>(
    (c, a) => (a.v.k === 'list' ? R.d.or(c, a.g) : c),
    NO,
  );

/** A value where that is so; else nobody knows. */
const where = (R: Reader, value: Value): Value => {
  const plain = isPlain(R);
  return [...value.map(({ g, v }) => ({ g: R.d.and(g, plain), v })), { g: R.d.not(plain), v: opaque(KNOWN, '') }];
};

/** An object of a class of its own that has these. */
function object(R: Reader, name: string, attrs: Readonly<Record<string, Value>>): InstanceAtom {
  const cls = builtinClass(name, R.builtin('object')![0]!.v as ClassAtom, 'transformers');
  for (const [key, value] of Object.entries(attrs)) cls.attrs.set(key, value);
  return oldInstance(cls);
}

/** Readings of a wrapper: the class of the model that is wrapped, and every model that was made of it. */
const wrapping = new WeakMap<Reader, { readonly cls: ClassAtom; readonly models: Set<Atom> }>();

/** `AutoModel.from_config`: of the modules it is known of each that attends whether it sees what comes later. */
export function modelOfPackage(R: Reader): Value {
  const name = 'transformers.AutoModel.from_config';
  const make = (args: Args): Value => {
    const caller = R.frame!;
    if (!WRAPPERS.test(caller.module.name)) return one(opaque(`call of ${name}`, placeOf(caller), outside(name)));
    const of = wrapping.get(R) ?? { cls: classOfModels(R), models: new Set<Atom>() };
    wrapping.set(R, of);
    const model = wrappedModel(R, of.cls);
    of.models.add(model);
    // what vLLM has put around the constructor until then is run
    const init = R.attrOf(caller, model, '__init__');
    if (init) R.call(caller, init, args);
    return one(model);
  };
  return one({ ...native('from_config', make), takesRest: true });
}

/** The class of the model, which vLLM may change: a module, and what its `forward` takes where that is plain. */
function classOfModels(R: Reader): ClassAtom {
  const base = R.builtin('object')![0]!.v as ClassAtom;
  const made = builtinClass('PreTrainedModel', undefined, 'transformers');
  const cls: ClassAtom = { ...made, foreign: ['torch.nn.Module'] };
  cls.mro = [cls, base];
  const takes = (...names: readonly string[]): Value =>
    one(
      native('__contains__', ({ pos }) =>
        (pos[0] ?? []).flatMap(({ g, v }) =>
          (v.k === 'str' && names.includes(v.s)
            ? where(R, one(TRUE))
            : one(opaque('a parameter of a model of the package', ''))
          ).map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
        ),
      ),
    );
  const method = (name: string, parameters: Value): Value => {
    const signature = object(R, 'Signature', { parameters });
    return one(knownOutside(`transformers.PreTrainedModel.${name}`, new Map([['__signature__', one(signature)]])));
  };
  // it takes its configuration alone
  cls.attrs.set('__init__', method('__init__', one(dict([]))));
  cls.attrs.set('forward', method('forward', one(object(R, 'mappingproxy', { __contains__: takes(...TAKES) }))));
  return cls;
}

function wrappedModel(R: Reader, cls: ClassAtom): InstanceAtom {
  const module = object(R, 'Module', { is_causal: where(R, one(TRUE)) });
  const known: Readonly<Record<string, Value>> = {
    modules: one(native('modules', () => one(list([{ g: YES, v: one(module) }])))),
    get_decoder: one(native('get_decoder', () => one(model))),
  };
  const model: InstanceAtom = {
    ...oldInstance(cls),
    lazy: (name) =>
      Object.hasOwn(known, name)
        ? known[name]
        : name.startsWith('__')
          ? undefined
          : one(outside(`transformers.PreTrainedModel.${name}`)),
  };
  return model;
}

/** What is kept of the modules that attend, by the number of the layer: where it stands, and what reads its scale and sinks. */
function attendingModules(R: Reader): InstanceAtom {
  const fuser = object(R, 'AttentionFuser', {
    scale: one(native('scale', () => one(outside('the scale of a module')))),
    sinks: one(native('sinks', () => where(R, NONE_VALUE))),
  });
  const name = (number: Value): Value =>
    textValue(R, [lit('model.'), item(0), lit('.'), ...partsOf(R, R.frame!, number, false), lit('.'), item(1)]);
  return object(R, 'dict', {
    __contains__: one(native('__contains__', () => where(R, one(TRUE)))),
    __getitem__: one(native('__getitem__', ({ pos }) => one(tuple([name(pos[0]!), one(fuser)])))),
  });
}

const lit = (s: string): Part => ({ p: 'lit', s });
const item = (i: number): Part => ({ p: 'expr', e: { op: 'input', name: `${PATH}.${i}` } });

/** What a call of a wrapper's function gives that is not entered; undefined for any other. */
export function ofWrapper(fn: FuncAtom, R: Reader, { frame, args }: { frame: Frame; args: Args }): Value | undefined {
  if (!WRAPPERS.test(fn.module.name) || !(OF_WEIGHTS.has(fn.name) || fn.name === EXCHANGES)) return undefined;
  note(R, 'elsewhere', `${fn.module.name}.${fn.qualname}: it exchanges layers of weights, or handles weights`, '');
  const self = args.pos[0];
  if (fn.name === EXCHANGES && self) {
    const models = R.getAttr(frame, self, 'model');
    const isWhole = models.every(({ v }) => wrapping.get(R)?.models.has(v) === true);
    setAttr(R, frame, self, 'attention_fusers', one(isWhole ? attendingModules(R) : opaque(KNOWN, '')));
    seen(R, frame, 'make', new Map([['@maker', one(str(MODEL))]]));
  }
  return NONE_VALUE;
}
