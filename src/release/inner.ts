/** A model that a model builds of a class that it looks up: which configuration it is given, and where its class is said. */
import { nameIn, NONE_VALUE, one, originOf, str, tuple, UNBOUND, union, writtenIn } from '../python/index.ts';
import type { Args, Frame, Reader, Value } from '../python/index.ts';
import { NO } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { quietly } from './asking.ts';
import { placeOf } from './json.ts';

/** The function that builds a model of a class that it looks up by the names of a configuration. */
export const INNER = 'initialize_model';

/** What of the configuration another model inside a model gets of its own: all else is as it is. */
const OWN = new Set(['model_config']);
/** The same of the model configuration: its object, and what follows of that. */
const OF_MODEL = new Set(['hf_config', 'model_arch_config', 'is_submodel_config']);
/** What of the text config of an object may be set without another layer being built: the engine is told to what. */
const OF_TEXT = ['tie_word_embeddings'];
/** What of a configuration object may be set without another layer being built. */
const OF_OBJECT = new Set(['architectures', ...OF_TEXT]);

/** An attribute of which it is not known that it is the same. */
const otherThan = (values: Value, allowed: ReadonlySet<string>): readonly string[] => [
  ...new Set(values.flatMap(({ v }) => [...writtenIn(v)].filter((name) => !allowed.has(name)))),
];

/**
 * What a call of `initialize_model` is made with: the place of the configuration object, `@config`, the names of architectures
 * that stand in it, `@architectures`, the class where one is given, `@class`, what is changed in the object, `@changed`, what
 * is set in its text config, `@set.<name>`, and `@prefix`. A text says why it is not known.
 */
export function innerModel(R: Reader, frame: Frame, { pos, kw }: Args): ReadonlyMap<string, Value> | string {
  const given = kw.get('vllm_config') ?? pos[0];
  const [current] = nameIn(R, 'vllm.config.vllm', '_current_vllm_config') ?? [];
  if (!given || !current || given.some(({ v }) => originOf(v) !== originOf(current.v)))
    return 'what it is configured by';
  const changed = otherThan(given, OWN);
  if (changed.length > 0) return `what it finds changed: ${changed.join(', ')}`;
  if ((kw.get('model_config') ?? NONE_VALUE)[0]?.v.k !== 'none') return 'what it is configured by';
  const model = R.getAttr(frame, given, 'model_config');
  const other = otherThan(model, OF_MODEL);
  if (other.length > 0) return `what it finds changed: ${other.join(', ')}`;
  const object = R.getAttr(frame, model, 'hf_config');
  const places = object.map(({ g, v }) => ({ g, at: placeOf(originOf(v)) }));
  if (places.some(({ at }) => at === undefined)) return 'which configuration object it is given';
  const cls = kw.get('model_class')?.[0]?.v;
  const text = R.call(frame, R.getAttr(frame, object, 'get_text_config'), { pos: [], kw: new Map() });
  const set = OF_TEXT.filter((name) => text.some(({ v }) => writtenIn(v).has(name)));
  return new Map([
    ...set.map((name) => [`@set.${name}`, leftIn(R, frame, text, name)] as const),
    [
      '@config',
      union(
        R.d,
        places.map(({ g, at }) => ({ g, v: str(at!) })),
      ),
    ],
    ['@architectures', R.getAttr(frame, object, 'architectures')],
    ['@prefix', kw.get('prefix') ?? one(str(''))],
    ['@changed', one(tuple(otherThan(object, OF_OBJECT).map((name) => one(str(name)))))],
    ...(cls?.k === 'class' ? [['@class', one(str(`${cls.modname}:${cls.name}`))] as const] : []),
  ]);
}

/** What an attribute is, and missing where there is none: nothing is raised of that here. */
function leftIn(R: Reader, frame: Frame, of: Value, name: string): Value {
  const { live } = frame;
  const found = quietly(frame, () => R.getAttr(frame, of, name));
  frame.live = live;
  const none = R.d.not(found.reduce<Cond>((c, { g }) => R.d.or(c, g), NO));
  return none === NO ? found : [...found, { g: none, v: UNBOUND }];
}
