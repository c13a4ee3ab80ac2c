/** What the package that describes quantized checkpoints makes of a dictionary: as much of it as decides whether a line starts. */
import {
  builtinClass,
  entryFrame,
  native,
  newInstance,
  one,
  opaque,
  outside,
  parsePython,
  placeOf,
  str,
} from '../python/index.ts';
import type { ClassAtom, Frame, Node, Reader, Value } from '../python/index.ts';
import { classOnce, object, record } from './things.ts';

const PACKAGE = 'compressed_tensors.quantization';
const ARGS = `${PACKAGE}.QuantizationArgs`;
/** What `QuantizationArgs.validate_actorder` makes of what is given: a text is the value of a member, aliases among them. */
const ORDER = `(
  None if given is None or given is False else "group" if given is True else
  given.lower() if isinstance(given, str) and given.lower() in ("group", "weight", "dynamic", "static") else other)`;

const STRATEGY = `${PACKAGE}.QuantizationStrategy`;
/** The members of that enumeration of texts; the value of each is its name in small letters. */
const STRATEGIES = ['TENSOR', 'CHANNEL', 'GROUP', 'BLOCK', 'TOKEN', 'TENSOR_GROUP', 'ATTN_HEAD'];
const OF_TEXT = STRATEGIES.reduceRight(
  (rest, name) => `${name} if given == "${name.toLowerCase()}" else ${rest}`,
  'other',
);

/** What is known of a name of the package; undefined where nothing is. */
export function quantizationOutside(R: Reader, name: string): Value | undefined {
  if (name === STRATEGY) return strategies(R);
  return name === `${ARGS}.model_validate`
    ? one(native(name, (args) => validated(R, R.frame!, args.pos[0] ?? [])))
    : undefined;
}

const kept = new WeakMap<Reader, Value>();

/** The enumeration of strategies: its members, and the one that a text is the value of. */
function strategies(R: Reader): Value {
  const before = kept.get(R);
  if (before) return before;
  const cls = builtinClass('QuantizationStrategy', R.builtin('str')![0]!.v as ClassAtom, PACKAGE);
  const members = STRATEGIES.map((name) => {
    const member = { ...newInstance(cls), member: name };
    member.attrs.set('_value_', one(str(name.toLowerCase())));
    return [name, one(member)] as const;
  });
  const ofText = native(STRATEGY, (args) => {
    const other = one(opaque(`a member of ${STRATEGY}`, placeOf(R.frame!), outside(STRATEGY)));
    return evaluated(R, OF_TEXT, { given: args.pos[0] ?? other, other, ...Object.fromEntries(members) });
  });
  const made = record(R, 'an enumeration', { ...Object.fromEntries(members), __call__: one(ofText) });
  kept.set(R, made);
  return made;
}

/** What an expression gives for values by their names. */
function evaluated(R: Reader, text: string, names: Readonly<Record<string, Value>>): Value {
  const frame = entryFrame(R, 'vllm');
  for (const [name, value] of Object.entries(names)) frame.scope.vars.set(name, value);
  return R.evaluate(frame, (parsePython(text)[0] as Node).value as Node);
}

/** The object that is made of a dictionary. What is raised of one that is not valid is not told. */
function validated(R: Reader, frame: Frame, given: Value): Value {
  const place = placeOf(frame);
  const unknown = (what: string): Value => one(opaque(`${what} of ${ARGS}`, place, outside(ARGS)));
  return given.map(({ g, v }) => {
    if (v.k !== 'dict') return { g, v: unknown('what is made')[0]!.v };
    let order: Value | undefined;
    const lazy = (attr: string): Value | undefined => {
      if (attr.startsWith('__')) return undefined;
      return attr === 'actorder' ? (order ??= orderIn(R, one(v), unknown(attr))) : unknown(attr);
    };
    const cls = classOnce(R, ARGS, () => builtinClass('QuantizationArgs', object(R), PACKAGE));
    return { g, v: { ...newInstance(cls), lazy } };
  });
}

const orderIn = (R: Reader, given: Value, other: Value): Value =>
  evaluated(R, ORDER, { given: evaluated(R, 'given.get("actorder")', { given }), other });
