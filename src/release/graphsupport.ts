/** Which CUDA graphs the metadata builder of a backend supports. */
import { one, under, union } from '../python/index.ts';
import type { Atom, Frame, Reader, Value } from '../python/index.ts';
import { callNamed, currentConfig } from './asking.ts';

/** Where a builder says it: a method, or an attribute in older releases. */
export const OF_GRAPHS = ['get_cudagraph_support', '_cudagraph_support', 'cudagraph_support'] as const;

/** What the builder of a backend's class says of CUDA graphs, for a cache of the specification that is given where it asks. */
export function graphSupport(R: Reader, frame: Frame, cls: Atom, spec: () => Value): Value {
  const said = callNamed(R, frame, cls, 'get_builder_cls').map(({ g, v }) => ({
    g,
    said: under(R, frame, g, () => ofBuilder(R, frame, v, spec)) ?? [],
  }));
  return union(
    R.d,
    said.flatMap(({ g, said: of }) => of.map((a) => ({ g: R.d.and(g, a.g), v: a.v }))),
  );
}

function ofBuilder(R: Reader, frame: Frame, builder: Atom, spec: () => Value): Value {
  const method = R.attrOf(frame, builder, 'get_cudagraph_support');
  if (method) return R.call(frame, method, { pos: [one(currentConfig(R)!), spec()], kw: new Map() });
  return R.attrOf(frame, builder, '_cudagraph_support') ?? R.attrOf(frame, builder, 'cudagraph_support') ?? [];
}
