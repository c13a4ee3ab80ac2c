/** What torch has where layers of weights are made: modules that hold what is registered with them, and parameters. */
import { builtinClass, findInClass, native, NONE_VALUE, one, opaque, setAttr } from '../python/index.ts';
import type { ClassAtom, Model, Reader } from '../python/index.ts';
import { moduleClass } from './torchmodule.ts';

/** What every tensor has; of a parameter nothing more is known than that it has these. */
const OF_TENSORS =
  `T copy_ data device dim dtype element_size fill_ is_contiguous is_meta ndim numel requires_grad reshape shape
  size stride t to view zero_`.split(/\s+/);

const REGISTER = ['register_parameter', 'register_buffer', 'register_module', 'add_module'];

/** The class of modules: what is registered under a name is an attribute. */
export function holdingModule(R: Reader): ClassAtom {
  const cls = moduleClass(R);
  for (const name of REGISTER)
    cls.attrs.set(
      name,
      one({
        ...native(name, ({ pos, kw }) => {
          const key = (pos[1] ?? kw.get('name'))?.[0]?.v;
          const value = pos[2] ?? kw.get('param') ?? kw.get('tensor') ?? kw.get('module');
          if (key?.k === 'str' && value) setAttr(R, R.frame!, pos[0]!, key.s, value);
          return NONE_VALUE;
        }),
        method: true,
      }),
    );
  return cls;
}

const parameters = new WeakMap<Reader, ClassAtom>();

/** The class of parameters. */
export function parameterClass(R: Reader): ClassAtom {
  let cls = parameters.get(R);
  if (cls) return cls;
  cls = builtinClass('Parameter', R.builtin('object')![0]!.v as ClassAtom, 'torch.nn.parameter');
  for (const name of OF_TENSORS) cls.attrs.set(name, one(opaque(`${name} of a parameter`, 'torch')));
  parameters.set(R, cls);
  return cls;
}

/** `inspect.getattr_static`: what a class has under a name, as it stands there. */
export const staticAttribute: Model = (R, _frame, { pos }) =>
  (pos[0] ?? []).flatMap(({ g, v }) => {
    const name = pos[1]?.[0]?.v;
    const own = v.k === 'class' && name?.k === 'str' ? findInClass(R, v, name.s)?.value : undefined;
    const found = own ?? (v.k === 'class' && v.mro.every((c) => c.foreign.length === 0) ? pos[2] : undefined);
    return (found ?? one(opaque('getattr_static', 'inspect'))).map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
  });
