/** The layers of a model by their names, as a configuration keeps them: what stands for them while something is asked. */
import { builtinClass, native, oldInstance, one, opaque, setAttr } from '../python/index.ts';
import type { Args, ClassAtom, Frame, Reader, Value } from '../python/index.ts';

const FIELD = 'static_forward_context';
const METHODS = ['__getitem__', '__contains__', 'get', 'items', 'keys', 'values', 'pop', '__len__', '__iter__'];

/** Does something while these are the layers of a configuration; nothing is put there where it keeps none. */
export function amongLayers<T>(R: Reader, frame: Frame, config: Value, layers: Value, work: () => T): T {
  const compilation = R.getAttr(frame, config, 'compilation_config');
  const before = R.attrOf(frame, compilation[0]!.v, FIELD);
  if (!before) return work();
  const put = (value: Value): void => setAttr(R, frame, compilation, FIELD, value);
  put(layers);
  try {
    return work();
  } finally {
    put(before);
  }
}

/** A dictionary of layers that answers by these methods: what any other gives is nothing that is known. */
export function layersByName(
  R: Reader,
  methods: Readonly<Record<string, (args: Args) => Value>>,
  what: string,
  from: string,
): Value {
  const cls = builtinClass('dict', R.builtin('dict')![0]!.v as ClassAtom, 'builtins');
  for (const name of METHODS) cls.attrs.set(name, one(native(name, () => one(opaque(what, from)))));
  for (const [name, method] of Object.entries(methods)) cls.attrs.set(name, one(native(name, method)));
  return one(oldInstance(cls));
}
