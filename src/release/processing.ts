/**
 * What prepares the inputs of a model: of which class it is stands at the model's class. What that class says without looking at a
 * model is told of the model's class with what the registry says; here it is asked for, as facts.
 */
import {
  flagInput,
  findInClass,
  kindInput,
  knownOutside,
  native,
  NONE_VALUE,
  one,
  opaque,
  placeOf,
  raiseBuiltin,
} from '../python/index.ts';
import type { Atom, ClassAtom, Frame, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Scalar } from '../rules/index.ts';
import { jsonList } from './json.ts';

/** What gives it for a model configuration. */
export const PROCESSING = 'vllm.multimodal.registry.MultiModalRegistry.get_processing_info';
/** Where a model's class holds what makes it. */
const HELD = '_processor_factory';
const LIMITS = 'supported_mm_limits';
const TOKENS = 'get_mm_max_tokens_per_item';

/** The facts: whether a class has one, what kinds of items it takes, and whether it leaves open how many tokens they take at most. */
const HAS = 'has_processor';
const KINDS = 'modalities';
const LEAVES = 'leaves_item_tokens';
const fact = (name: string): string => `model_info.${name}`;

/** The object, as facts. That a tokenizer can be loaded for it is taken for granted, as it is for every model. */
export function processingInfo(R: Reader): Value {
  const frame = R.frame!;
  const has = flagInput(R, fact(HAS)).find((a) => a.v.k === 'bool' && a.v.b)!.g;
  raiseBuiltin(R, frame, R.d.not(has), 'ValueError', one(opaque('which class has no processor', placeOf(frame))));
  const leaves = flagInput(R, fact(LEAVES)).find((a) => a.v.k === 'bool' && a.v.b)!.g;
  const tokens = (): Value => [
    { g: leaves, v: NONE_VALUE[0]!.v },
    { g: R.d.not(leaves), v: opaque('how many tokens an item takes', placeOf(R.frame!)) },
  ];
  const known = new Map<string, Value>([
    [LIMITS, one(jsonList(R, fact(KINDS), (at) => kindInput(R, at, ['str'])))],
    [TOKENS, one({ ...native(TOKENS, tokens), takesRest: true })],
  ]);
  return one(knownOutside('what prepares the inputs of the model', known));
}

/** What of that follows from a model's class alone, by the names of the facts; what does not is left out. */
export function processingOf(R: Reader, frame: Frame, cls: ClassAtom): Record<string, Scalar | readonly Scalar[]> {
  if (!findInClass(R, cls, HELD)) return { [HAS]: false };
  const made = R.call(frame, R.getAttr(frame, R.getAttr(frame, one(cls), HELD), 'info'), {
    pos: [one(opaque('the model that it prepares for', placeOf(frame)))],
    kw: new Map(),
  });
  const [only] = made;
  if (made.length !== 1 || only!.v.k !== 'instance') return { [HAS]: true };
  const kinds = keysOf(R.getAttr(frame, made, LIMITS));
  const leaves = isLeftOpen(R, frame, made);
  return {
    [HAS]: true,
    ...(kinds ? { [KINDS]: kinds } : {}),
    ...(leaves === undefined ? {} : { [LEAVES]: leaves }),
  };
}

/** The keys of a dictionary of texts; undefined where it is not known which there are. */
function keysOf(value: Value): readonly string[] | undefined {
  const v: Atom | undefined = value.length === 1 ? value[0]!.v : undefined;
  if (v?.k !== 'dict' || v.lazy) return undefined;
  const keys = v.entries.map(({ key, g }) => (key.k === 'str' && g === YES ? key.s : undefined));
  return keys.includes(undefined) ? undefined : (keys as string[]);
}

/** Does it say nothing of how many tokens an item takes? Undefined where that depends on something. */
function isLeftOpen(R: Reader, frame: Frame, made: Value): boolean | undefined {
  const given = one(opaque('a number of the model', placeOf(frame)));
  const said = R.call(frame, R.getAttr(frame, made, TOKENS), {
    pos: [],
    kw: new Map([
      ['seq_len', given],
      ['mm_counts', given],
    ]),
  });
  if (said.length === 1 && said[0]!.v.k === 'none') return true;
  return said.every(({ v }) => v.k === 'dict') ? false : undefined;
}
