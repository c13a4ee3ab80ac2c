/** What `logging.config.dictConfig` refuses: a handler of a level that there is not. */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { memberOf } from './compare.ts';
import { care, exception, raise } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { NONE_VALUE, one, str } from './values.ts';
import type { Args, ClassAtom, Value } from './values.ts';

/** The names that `logging` has for levels. */
const LEVELS = ['CRITICAL', 'FATAL', 'ERROR', 'WARN', 'WARNING', 'INFO', 'DEBUG', 'NOTSET'].map((name) => ({
  g: YES,
  v: one(str(name)),
}));

interface Entry {
  readonly g: Cond;
  readonly key: string;
  readonly v: Value;
}

/** What stands under keys of plain dictionaries, with the condition under which it does. */
const entriesOf = (R: Reader, value: Value): readonly Entry[] =>
  value.flatMap(({ g, v }) =>
    v.k === 'dict' && !v.lazy
      ? v.entries.flatMap((e) => (e.key.k === 'str' ? [{ g: R.d.and(g, e.g), key: e.key.s, v: e.v }] : []))
      : [],
  );

const entriesUnder = (R: Reader, value: Value, key: string): readonly Entry[] =>
  entriesOf(R, value).filter((e) => e.key === key);

/** Configures logging: nothing of it is kept, and what else is wrong with a configuration is not looked at. */
export function dictConfig(R: Reader, frame: Frame, args: Args): Value {
  const cls = R.builtin('ValueError')![0]!.v as ClassAtom;
  for (const handlers of entriesUnder(R, args.pos[0] ?? [], 'handlers'))
    for (const { g: there, key, v: handler } of entriesOf(R, handlers.v))
      for (const level of entriesUnder(R, handler, 'level')) {
        const g = [care(R, frame), handlers.g, there, level.g].reduce((c, one) => R.d.and(c, one));
        const bad = R.d.and(g, noLevel(R, frame, level.v));
        if (bad !== NO) raise(R, frame, bad, exception(cls, [one(str(`Unable to configure handler '${key}'`))]));
      }
  return NONE_VALUE;
}

/** Where a value is a text that is the name of no level. */
const noLevel = (R: Reader, frame: Frame, level: Value): Cond =>
  level.reduce<Cond>(
    (c, { g, v }) =>
      v.k === 'str' || v.k === 'text' ? R.d.or(c, R.d.and(g, R.d.not(memberOf(R, frame, one(v), LEVELS)))) : c,
    NO,
  );
