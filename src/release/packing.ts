/** How models make one module of several, and rename those that a checkpoint names: what quantization asks of a layer's name. */
import {
  ancient,
  builtinClass,
  exprOf,
  flagInput,
  kindInput,
  native,
  NONE_VALUE,
  one,
  opaque,
} from '../python/index.ts';
import type { Args, Atom, ClassAtom, Frame, Reader, Value } from '../python/index.ts';
import type { Expr } from '../rules/index.ts';
import { shortList } from './json.ts';

/** Lists of modules are read up to this length one by one. */
const SHORT = 3;

/** Where what is not known of them is told to be. */
const PACKED = 'packed_modules_mapping';

/** By the name of what a class makes of several modules: their names, as JSON. */
export type Packed = readonly (readonly [key: string, modules: string])[];

/** Of which modules a class makes one, by the name of that one, as JSON. */
export function packedBy(R: Reader, frame: Frame, cls: ClassAtom): Packed {
  const of = R.attrOf(frame, cls, PACKED)?.[0]?.v;
  if (of?.k !== 'dict') return [];
  return of.entries.flatMap(({ key, v }) => {
    const names = v[0]?.v.k === 'list' ? v[0].v.items.map((i) => (i.v[0]?.v.k === 'str' ? i.v[0].v.s : undefined)) : [];
    return key.k === 'str' && names.length > 0 && !names.includes(undefined)
      ? [[key.s, JSON.stringify(names)] as const]
      : [];
  });
}

/**
 * What a class looks for in the names of modules that a checkpoint's quantization names, to rename those in which it stands; an
 * empty text where any may be renamed.
 */
export function renames(R: Reader, frame: Frame, cls: ClassAtom): readonly string[] {
  const mapper = R.attrOf(frame, cls, 'hf_to_vllm_mapper')?.[0]?.v;
  if (!mapper || mapper.k === 'none') return [];
  const rename = R.attrOf(frame, mapper, 'get_rename_mapper');
  const renaming = rename ? R.call(frame, rename, { pos: [], kw: new Map() })[0]?.v : mapper;
  if (renaming?.k !== 'instance') return [''];
  return [...renaming.attrs.values()].flatMap((value) => {
    const held = value.length === 1 ? value[0]!.v : undefined;
    if (held?.k === 'list') return held.items.length === 0 ? [] : [''];
    if (held?.k !== 'dict' || held.lazy) return [''];
    return held.entries.map(({ key }) => (key.k === 'str' ? key.s : ''));
  });
}

/**
 * How a model's modules are packed, asked for the layer that is made: whether it packs some is the fact `packed.?`, and which ones
 * the list `packed`. It can be asked by the last part of the layer's own name alone.
 */
export function packedDict(R: Reader): Atom {
  const cls = builtinClass('dict', R.builtin('dict')![0]!.v as ClassAtom, 'builtins');
  const there = (): Value => flagInput(R, 'packed.?');
  const modules = (): Value => shortList(R, 'packed', (at) => kindInput(R, at, ['str']), SHORT);
  const other = (what: string): Value => one(opaque(`${what} of how modules are packed`, PACKED));
  const asked = (key: Value | undefined, work: () => Value): Value => {
    const e = key?.length === 1 ? exprOf(key[0]!.v) : undefined;
    return e && isLastOfName(e) ? work() : other('another key');
  };
  const method = (name: string, work: (args: Args) => Value): void => void cls.attrs.set(name, one(native(name, work)));
  method('__contains__', ({ pos }) => asked(pos[0], there));
  method('__getitem__', ({ pos }) => asked(pos[0], modules));
  method('get', ({ pos }) =>
    asked(pos[0], () =>
      there().flatMap(({ g, v }) =>
        (v.k === 'bool' && v.b ? modules() : (pos[1] ?? NONE_VALUE)).map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
      ),
    ),
  );
  for (const name of ['items', 'keys', 'values', '__iter__', '__len__']) method(name, () => other(name));
  return { id: ancient(), k: 'instance', cls, attrs: new Map(), version: 0 };
}

/** Is it the last part of a layer's name? */
function isLastOfName(e: Expr): boolean {
  if (!('args' in e) || e.op !== 'item') return false;
  const [of, at, n] = e.args;
  return (
    of !== undefined &&
    'name' in of &&
    of.name.endsWith('.prefix') &&
    [at, n].some((part) => part !== undefined && 'value' in part && part.value === -1)
  );
}
