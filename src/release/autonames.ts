/**
 * The table in which a package says of which class a model of a type is: what stands in it under a type is a fact of that
 * name, a list of one class, or nothing.
 */
import {
  boolean,
  builtinClass,
  kindInput,
  list,
  native,
  oldInstance,
  one,
  opaque,
  text,
  UNBOUND,
} from '../python/index.ts';
import type { Atom, ClassAtom, Reader, Value } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';

/** Where it stands in the package. */
export const AUTO_NAMES = 'transformers.models.auto.modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES';

/** The name of the fact for a key; undefined where the key is not one text of the question, or a text. */
function factOf(key: Atom): string | undefined {
  if (key.k === 'str') return `${AUTO_NAMES}.${key.s}`;
  const part = key.k === 'text' && key.parts.length === 1 ? key.parts[0]! : undefined;
  return part?.p === 'expr' && 'name' in part.e ? `${AUTO_NAMES}.{${part.e.name}}` : undefined;
}

const UNKNOWN = 'a class by what is no type of a model';

/** The table as what builds a model asks it. */
export function namesByType(R: Reader): Value {
  const cls = builtinClass('OrderedDict', R.builtin('object')![0]!.v as ClassAtom, 'collections');
  const held = (path: string): Value => kindInput(R, path, ['missing', 'list'], () => list([]));
  const name = (path: string): Value => one(text([{ p: 'expr', e: { op: 'input', name: `${path}.0` } }]));
  const each = (key: Value, work: (path: string) => Value): Value =>
    key.flatMap(({ g, v }) => {
      const path = factOf(v);
      return (path === undefined ? one(opaque(UNKNOWN, AUTO_NAMES)) : work(path)).map((a) => ({
        g: R.d.and(g, a.g),
        v: a.v,
      }));
    });
  const isThere = (path: string): Value => {
    const missing = held(path).reduce((c, a) => (a.v === UNBOUND ? R.d.or(c, a.g) : c), NO);
    return boolean(R.d, R.d.and(YES, R.d.not(missing)));
  };
  cls.attrs.set('__contains__', one(native('__contains__', ({ pos }) => each(pos[0]!, isThere))));
  cls.attrs.set('__getitem__', one(native('__getitem__', ({ pos }) => each(pos[0]!, name))));
  return one(oldInstance(cls));
}
