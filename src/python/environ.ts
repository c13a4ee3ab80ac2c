/** The environment of the process: its variables are inputs `env.<NAME>` until the code that is read sets them. */
import { NO } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { builtinClass } from './builtins.ts';
import { kindInput } from './inputs.ts';
import { care, exception, note, placeOf, raise, reading, unread, writing } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { oldInstance, boolean, choose, native, NONE_VALUE, one, restrict, UNBOUND } from './values.ts';
import type { Args, ClassAtom, InstanceAtom, Value } from './values.ts';

/** The environment variable of that name as the process finds it: missing, or a text. */
export const environment = (R: Reader, name: string): Value => kindInput(R, `env.${name}`, ['missing', 'str']);

const known = new WeakMap<Reader, InstanceAtom>();

/** `os.environ`: one object a reading; what is set is kept under `$NAME`. */
export function environ(R: Reader): InstanceAtom {
  let made = known.get(R);
  if (made) return made;
  const cls = builtinClass('_Environ', R.builtin('object')![0]!.v as ClassAtom, 'os');
  for (const [name, method] of Object.entries(METHODS))
    cls.attrs.set(name, one(native(name, (args) => method(R, R.frame!, args))));
  made = {
    ...oldInstance(cls),
    lazy: (name) => (name.startsWith('$') ? environment(R, name.slice(1)) : undefined),
  };
  known.set(R, made);
  return made;
}

/** The variables that the code that is read sets, or takes away where they are unbound, by their names. */
export const variablesSet = (R: Reader): ReadonlyMap<string, Value> =>
  new Map(
    [...environ(R).attrs].flatMap(([name, value]) => (name.startsWith('$') ? [[name.slice(1), value] as const] : [])),
  );

/** The variable's value where the frame stands, `unbound` where it is not set; undefined when its name is uncertain. */
function valueOf(R: Reader, key: Value): { readonly name: string; readonly value: Value } | undefined {
  const v = key.length === 1 ? key[0]!.v : undefined;
  if (v?.k !== 'str') return undefined;
  const self = environ(R);
  reading(R, self);
  const name = `$${v.s}`;
  return { name, value: self.attrs.get(name) ?? self.lazy!(name)! };
}

const missingIn = (R: Reader, value: Value): Cond =>
  value.reduce<Cond>((c, a) => (a.v.k === 'unbound' ? R.d.or(c, a.g) : c), NO);

const bound = (R: Reader, value: Value, missing: Cond): Value =>
  restrict(
    R.d,
    value.filter((a) => a.v.k !== 'unbound'),
    R.d.not(missing),
  );

/** `os.environ.get`, `os.getenv`. */
export function getenv(R: Reader, frame: Frame, args: Args): Value {
  const found = valueOf(R, args.pos[0] ?? args.kw.get('key') ?? []);
  if (!found) return unread(R, frame, 'an environment variable of uncertain name');
  const missing = missingIn(R, found.value);
  return choose(
    R.d,
    missing,
    args.pos[1] ?? args.kw.get('default') ?? NONE_VALUE,
    found.value.filter((a) => a.v.k !== 'unbound'),
  );
}

type Method = (R: Reader, frame: Frame, args: Args) => Value;

function raiseMissing(R: Reader, frame: Frame, key: Value, missing: Cond): void {
  const g = R.d.and(care(R, frame), missing);
  if (g !== NO) raise(R, frame, g, exception(R.builtin('KeyError')![0]!.v as ClassAtom, [key]));
}

/** Puts a value in where the frame stands and `also` holds. */
function put(R: Reader, frame: Frame, key: Value, value: Value, also?: Cond): void {
  const self = environ(R);
  const found = valueOf(R, key);
  if (!found) {
    note(R, 'skipped', 'an environment variable of uncertain name is set', placeOf(frame));
    return;
  }
  const here = writing(R, frame, self);
  const when = also === undefined ? here : R.d.and(here, also);
  self.attrs.set(found.name, choose(R.d, when, value, found.value));
}

const METHODS: Readonly<Record<string, Method>> = {
  get: getenv,
  __getitem__(R, frame, { pos: [key = []] }) {
    const found = valueOf(R, key);
    if (!found) return unread(R, frame, 'an environment variable of uncertain name');
    const missing = missingIn(R, found.value);
    raiseMissing(R, frame, key, missing);
    return bound(R, found.value, missing);
  },
  __contains__(R, frame, { pos: [key = []] }) {
    const found = valueOf(R, key);
    if (!found) return unread(R, frame, 'an environment variable of uncertain name');
    return boolean(R.d, R.d.not(missingIn(R, found.value)));
  },
  __setitem__(R, frame, { pos: [key = [], value = []] }) {
    put(R, frame, key, value);
    return NONE_VALUE;
  },
  setdefault(R, frame, { pos: [key = [], value = []] }) {
    const found = valueOf(R, key);
    if (!found) return unread(R, frame, 'an environment variable of uncertain name');
    const missing = missingIn(R, found.value);
    put(R, frame, key, value, missing);
    return choose(
      R.d,
      missing,
      value,
      found.value.filter((a) => a.v.k !== 'unbound'),
    );
  },
  pop(R, frame, { pos: [key = [], fallback] }) {
    const found = valueOf(R, key);
    if (!found) return unread(R, frame, 'an environment variable of uncertain name');
    const missing = missingIn(R, found.value);
    if (!fallback) raiseMissing(R, frame, key, missing);
    put(R, frame, key, one(UNBOUND));
    const there = found.value.filter((a) => a.v.k !== 'unbound');
    return fallback ? choose(R.d, missing, fallback, there) : bound(R, found.value, missing);
  },
  update(R, frame) {
    note(R, 'skipped', 'several environment variables are set at once', placeOf(frame));
    return NONE_VALUE;
  },
};
