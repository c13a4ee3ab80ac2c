/** Which CUDA graphs the metadata builder of a backend supports. */
import { kindInput, oldInstance, one, under, union } from '../python/index.ts';
import type { Atom, ClassAtom, Frame, InstanceAtom, Reader, Value } from '../python/index.ts';
import type { Kind } from '../rules/index.ts';
import { callNamed, currentConfig } from './asking.ts';
import { jsonList } from './json.ts';
import { amongLayers, layersByName } from './layersbyname.ts';

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
  const config = one(currentConfig(R)!);
  if (method)
    return amongLayers(R, frame, config, allLayers(R), () =>
      R.call(frame, method, { pos: [config, spec()], kw: new Map() }),
    );
  return R.attrOf(frame, builder, '_cudagraph_support') ?? R.attrOf(frame, builder, 'cudagraph_support') ?? [];
}

/** The layers that are built when builders are asked: a list of facts. */
const LAYERS = 'built.layers';

/** All layers of the model by their names: of one of a certain name nothing is known. */
const allLayers = (R: Reader): Value =>
  layersByName(
    R,
    { values: () => one(jsonList(R, LAYERS, (at) => one(layerAt(R, at)))) },
    'the layers by their names',
    LAYERS,
  );

/** One of them: its attributes are facts. */
function layerAt(R: Reader, path: string): InstanceAtom {
  return {
    ...oldInstance(R.builtin('object')![0]!.v as ClassAtom),
    moved: (renamed) => layerAt(R, renamed(path)),
    lazy: (name) => (name.startsWith('__') ? undefined : kindInput(R, `${path}.${name}`, KINDS)),
  };
}

/** What an attribute of a layer may be that a builder asks for. */
const KINDS: readonly Kind[] = ['missing', 'none', 'false', 'true', 'int'];
