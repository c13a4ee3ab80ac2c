/** Whether a part of a built model is compiled: what the release's own worker finds where it asks. */
import { entryFrame, list, nameIn, native, newInstance, one } from '../python/index.ts';
import type { Atom, ClassAtom, Item, Reader, Value } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond, Shipper } from '../rules/index.ts';
import { plainTerm, termOf } from './terms.ts';

const COMPILED = ['vllm.v1.worker.gpu.cudagraph_utils', 'has_compiled_submodule'] as const;

/** Adds `compiled`: what the worker finds where it asks whether a part of the built model is compiled. */
export function shipCompiled(R: Reader, ship: Shipper, model: Value): void {
  const ask = nameIn(R, ...COMPILED);
  if (!ask) return;
  const parts = partsOf(R, model);
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const asked = newInstance(object);
  asked.attrs.set('modules', one(native('modules', () => one(list(parts)))));
  const said = R.call(entryFrame(R, COMPILED[0]), ask, { pos: [one(asked)], kw: new Map() });
  ship.add('compiled', termOf(said, plainTerm()));
}

const isModule = (cls: ClassAtom): boolean =>
  cls.mro.some((c) => c.foreign.some((name) => /^torch\.nn\.(modules\.module\.)?Module$/.test(name)));

/** The modules that a built thing is made of, it first, each with the condition under which it is there. */
function partsOf(R: Reader, whole: Value): Item[] {
  const out: Item[] = [];
  const met = new Set<Atom>();
  const walk = (value: Value, g: Cond): void => {
    for (const a of value) {
      const here = R.d.and(g, a.g);
      if (here === NO || met.has(a.v)) continue;
      met.add(a.v);
      if (a.v.k === 'list') for (const item of a.v.items) walk(item.v, R.d.and(here, item.g));
      if (a.v.k === 'series') {
        const { at, n, keep, item } = a.v;
        for (const { g: own, v } of item) walk(one(v), R.d.and(here, R.book.exists(at, n, R.d.and(keep, own))));
      }
      if (a.v.k !== 'instance' || !isModule(a.v.cls)) continue;
      out.push({ g: here, v: one(a.v) });
      for (const part of a.v.attrs.values()) walk(part, here);
    }
  };
  walk(whole, YES);
  return out;
}
