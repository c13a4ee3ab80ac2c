/**
 * The layout of the KV cache that an engine settles on once its workers tell which ones their backends support. Backends
 * differ in what they declare alone: it is read for two that declare the same, and for one beside one that declares nothing.
 */
import { builtinClass, entryFrame, int, list, nameIn, native, newInstance, one, TRUE } from '../python/index.ts';
import type { Atom, ClassAtom, InstanceAtom, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Shipper } from '../rules/index.ts';
import { callNamed } from './asking.ts';
import { eventsTerm, onlyRaises, plainTerm, termOf } from './terms.ts';

const MODULE = 'vllm.v1.attention.backends.utils';
/** What a worker says of its backends, and what the engine makes of what the workers say. */
const SUPPORTED = 'get_supported_kv_cache_layouts';
const RESOLVE = 'resolve_kv_cache_layout';
/** What a backend declares: layouts, the one it likes best first, or None. */
export const DECLARES = 'supported_kv_cache_layouts';
/** More declarations than this are not told. */
const MOST = 12;

/**
 * Adds `layout.kinds`, the names of the layouts of each declaration, and for two of them, by their numbers, `layout.<i>+<j>.one`
 * and `.mixed`: which layout it comes to where all caches have one shape, and where they differ; `.events`, what is raised.
 */
export function shipLayouts(R: Reader, ship: Shipper, config: InstanceAtom, backends: readonly ClassAtom[]): void {
  const [supported, resolve] = [SUPPORTED, RESOLVE].map((name) => nameIn(R, MODULE, name));
  if (!supported || !resolve) return;
  const kinds = declarations(R, backends);
  if (kinds.length > MOST) return;
  const plain = plainTerm();
  ship.add('layout.kinds', {
    list: kinds.map(
      (v) => [YES, v.k === 'none' ? null : { list: namesIn(v).map((name) => [YES, name] as const) }] as const,
    ),
  });
  const cache = R.getAttr(entryFrame(R, MODULE), one(config), 'cache_config')[0]?.v as InstanceAtom;
  const kept = new Map(cache.attrs);
  for (const [i, first] of kinds.entries())
    for (const [j, second] of kinds.entries())
      for (const [name, specs] of Object.entries({ one: one(list([])), mixed: mixedSpecs(R) })) {
        if (i !== j && (first.k !== 'none' || j < i)) continue;
        const frame = entryFrame(R, MODULE);
        const given = list([first, second].map((v) => ({ g: YES, v: one(declaring(R, v)) })));
        const common = R.call(frame, supported, { pos: [one(given)], kw: new Map() });
        const names = common.flatMap(({ g, v }) =>
          v.k === 'list'
            ? [{ g, v: list([{ g: YES, v: one(list(v.items.map((x) => ({ g: x.g, v: nameOf(R, x.v) })))) }]) }]
            : [],
        );
        const layout = R.call(frame, resolve, { pos: [one(config), names, specs], kw: new Map() });
        ship.add(`layout.${i}+${j}.${name}`, termOf(layout, plain));
        if (name === 'one') ship.add(`layout.${i}+${j}.events`, eventsTerm(R, frame, ship, onlyRaises(frame.trace)));
        // what it settles on is not there yet where it is asked again
        cache.attrs.clear();
        cache.version++;
        for (const [key, value] of kept) cache.attrs.set(key, value);
      }
}

/** Everything that one of the backends may declare, each once. */
function declarations(R: Reader, backends: readonly ClassAtom[]): readonly Atom[] {
  const found = new Map<string, Atom>();
  for (const cls of backends)
    for (const { v } of callNamed(R, entryFrame(R, MODULE), cls, DECLARES))
      if (v.k === 'none' || v.k === 'tuple') found.set(v.k === 'none' ? '' : namesIn(v).join(' '), v);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, v]) => v);
}

/** The names of the layouts in a declaration. */
const namesIn = (v: Atom): readonly string[] =>
  v.k === 'tuple' ? v.items.map((i) => (i[0]?.v.k === 'instance' ? (i[0].v.member ?? '') : '')) : [];

/** A backend of which nothing is known but what it declares. */
function declaring(R: Reader, v: Atom): Atom {
  const made = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  made.attrs.set(DECLARES, one(native(DECLARES, () => one(v))));
  return made;
}

const nameOf = (R: Reader, layout: Value): Value => R.getAttr(R.frame!, layout, 'name');

/** What two caches are said to be that have different shapes. */
function mixedSpecs(R: Reader): Value {
  const cls = builtinClass('KVCacheSpec', R.builtin('object')![0]!.v as ClassAtom, 'builtins');
  const spec = (heads: number): Atom => {
    const made = newInstance(cls);
    const attrs = { has_layer_views: TRUE, num_heads: int(heads), num_states: int(1), page_size_bytes: int(heads) };
    for (const [name, v] of Object.entries(attrs)) made.attrs.set(name, one(v));
    return made;
  };
  return one(list([1, 2].map((heads) => ({ g: YES, v: one(spec(heads)) }))));
}
