/**
 * What prepares the inputs of a model: of which class it is stands at the model's class. What that class says of a model are rules
 * of the model's class; where a configuration is settled it is asked for, as facts.
 */
import {
  findInClass,
  flagCond,
  kindInput,
  knownOutside,
  nameIn,
  native,
  newInstance,
  one,
  opaque,
  placeOf,
  raiseBuiltin,
} from '../python/index.ts';
import type { ClassAtom, Frame, Reader, Value } from '../python/index.ts';
import type { RuleSet } from '../rules/index.ts';
import { currentConfig } from './asking.ts';
import { forgetJson, jsonList, jsonObject } from './json.ts';
import { createShipment, plainTerm, termOf } from './terms.ts';

/** What gives it for a model configuration. */
export const PROCESSING = 'vllm.multimodal.registry.MultiModalRegistry.get_processing_info';
/** Where a model's class holds what makes it. */
const HELD = '_processor_factory';
const LIMITS = 'supported_mm_limits';
const PER_ITEM = 'get_mm_max_tokens_per_item';

/** The facts: whether a class has one, what kinds of items it takes, and how many tokens one of them takes at most, if it says so. */
const HAS = 'has_processor';
const KINDS = 'modalities';
const TOKENS = 'item_tokens';
const fact = (name: string): string => `model_info.${name}`;

/** The object, as facts. That a tokenizer can be loaded for it is taken for granted, as it is for every model. */
export function processingInfo(R: Reader): Value {
  const frame = R.frame!;
  const has = flagCond(R, fact(HAS));
  raiseBuiltin(R, frame, R.d.not(has), 'ValueError', one(opaque('which class has no processor', placeOf(frame))));
  // a number here would be compared with all that follows of it
  const tokens = (): Value =>
    kindInput(R, fact(TOKENS), ['none', 'int']).map(({ g, v }) => ({
      g,
      v: v.k === 'none' ? v : opaque('how many tokens an item takes', placeOf(frame)),
    }));
  const known = new Map<string, Value>([
    [LIMITS, one(jsonList(R, fact(KINDS), (at) => kindInput(R, at, ['str'])))],
    [PER_ITEM, one({ ...native(PER_ITEM, tokens), takesRest: true })],
  ]);
  return one(knownOutside('what prepares the inputs of the model', known));
}

/** Which of these facts follow from the facts of a model, by the names of the terms; what was not read is left out. */
export interface Processing {
  readonly info: Readonly<Record<string, boolean>>;
  readonly rules?: RuleSet;
}

/** Reads it of a model's class; `R` knows the shape of configuration objects. */
export function processingOf(R: Reader, frame: Frame, cls: ClassAtom): Processing {
  if (!findInClass(R, cls, HELD)) return { info: { [HAS]: false } };
  const info = { [HAS]: true };
  // one may change what it is given
  forgetJson(R);
  const made = R.call(frame, R.getAttr(frame, R.getAttr(frame, one(cls), HELD), 'info'), {
    pos: [context(R, frame)],
    kw: new Map(),
  });
  const [only] = made;
  if (made.length !== 1 || only!.v.k !== 'instance') return { info };
  const ship = createShipment(R);
  const isPut = (name: string, work: () => Value): boolean => {
    const value = within(R, work);
    const some = value.some(({ v }) => v.k !== 'opaque');
    if (some) ship.add(name, termOf(value, plainTerm()));
    return some;
  };
  const kinds = (): Value =>
    R.call(frame, R.builtin('list')!, { pos: [R.getAttr(frame, made, LIMITS)], kw: new Map() });
  // of what takes nobody knows what, nobody asks how much it takes
  if (isPut(KINDS, kinds)) isPut(TOKENS, () => mostTokens(R, frame, made));
  return { info, rules: ship.ship() };
}

/** So many conditions may be needed for one of them. */
const OF_ONE = 4_000;

/** What is read with no more conditions than that; nothing where it needs more. */
function within(R: Reader, work: () => Value): Value {
  R.d.allow(R.d.count() + OF_ONE);
  R.hasty = true;
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  } finally {
    R.hasty = false;
    R.d.allow(Infinity);
  }
}

/** What it is made with: a model whose configuration objects are those of the question. */
function context(R: Reader, frame: Frame): Value {
  const cls = nameIn(R, CONTEXT, 'InputProcessingContext')?.[0]?.v;
  const config = currentConfig(R);
  if (cls?.k !== 'class' || !config) return one(opaque('the model that it prepares for', placeOf(frame)));
  const made = newInstance(cls);
  const model = R.getAttr(frame, one(config), 'model_config');
  for (const { v } of model)
    if (v.k === 'instance') {
      v.attrs.set('hf_config', one(jsonObject(R, 'hf')));
      v.attrs.set('hf_text_config', one(jsonObject(R, 'hf_text_config')));
      for (const { v: held } of R.getAttr(frame, one(v), 'multimodal_config')) {
        if (held.k !== 'instance') continue;
        const said = R.attrOf(frame, held, SAID);
        if (!said) continue;
        held.attrs.set(
          SAID,
          said.map((a) => (a.v.k === 'none' ? a : { g: a.g, v: opaque(`what ${SAID} say`, '') })),
        );
      }
    }
  made.attrs.set('model_config', model);
  made.attrs.set('tokenizer', one(opaque('a tokenizer', placeOf(frame))));
  const processor = (): Value => one(opaque('a processor, of a package outside', placeOf(R.frame!)));
  made.attrs.set('get_hf_processor', one({ ...native('get_hf_processor', processor), takesRest: true }));
  return one(made);
}

/** What a line may say of how inputs are prepared: what is made of it is not read. */
const SAID = 'mm_processor_kwargs';
const CONTEXT = 'vllm.multimodal.processing.context';

/** The most tokens that an item takes of those for which it says so; None where it says nothing. */
function mostTokens(R: Reader, frame: Frame, made: Value): Value {
  const given = one(opaque('a number of the model', placeOf(frame)));
  const said = R.call(frame, R.getAttr(frame, made, PER_ITEM), {
    pos: [],
    kw: new Map([
      ['seq_len', given],
      ['mm_counts', given],
    ]),
  });
  return said.flatMap(({ g, v }): Value => {
    if (v.k !== 'dict') return [{ g, v }];
    const all = R.call(frame, R.getAttr(frame, one(v), 'values'), { pos: [], kw: new Map() });
    return R.call(frame, R.builtin('max')!, { pos: [all], kw: new Map() }).map((a) => ({
      g: R.d.and(g, a.g),
      v: a.v,
    }));
  });
}
