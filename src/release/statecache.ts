/**
 * How many bytes the cache of a layer that keeps a state takes. The model's class says which shapes and dtypes states have, and
 * the worker that built the model asks it: so the class is read for the number of bytes, `state.bytes`, and the worker is read
 * with a class whose state is so many bytes.
 */
import { entryFrame, findInClass, fresh, int, kindInput, nameIn, native, one, opaque, tuple } from '../python/index.ts';
import type { Atom, ClassAtom, InstanceAtom, Reader, Value } from '../python/index.ts';
import type { Shipper } from '../rules/index.ts';
import { callNamed } from './asking.ts';
import { dtype } from './outside.ts';
import { plainTerm, termOf } from './terms.ts';

/** The fact with which a worker is read, and the term of a model's class that says it. */
const FACT = 'built.state_bytes';
const TERM = 'state_bytes';

const MODULE = 'vllm.v1.kv_cache_interface';
/** What a class says of a model's state, and what it says where layers have states of several shapes. */
const SHAPES = 'get_mamba_state_shape_from_config';
const DTYPES = 'get_mamba_state_dtype_from_config';
const SPECS = 'get_mamba_specs_from_config';

const standing = new WeakMap<Reader, Atom>();

/** The class of a model of which a worker asks nothing but its state; undefined where it is not stood in for. */
export const modelClass = (R: Reader): Atom | undefined => standing.get(R);

/** From here on the class of the model is one whose state takes as many bytes as the question says. */
export function standForModel(R: Reader): void {
  const bytes = tuple([kindInput(R, FACT, ['int'])]);
  const answers: Readonly<Record<string, Value>> = {
    [SHAPES]: one(tuple([one(bytes)])),
    [DTYPES]: one(tuple([dtype('int8')])),
  };
  const lazy = (name: string): Value | undefined => {
    const answer = answers[name];
    if (answer) return one(native(name, () => answer));
    return name === SPECS ? undefined : one(opaque(`${name} of the class of the model`, MODULE));
  };
  const cls = R.builtin('object')![0]!.v as ClassAtom;
  standing.set(R, { id: fresh(), k: 'instance', cls, attrs: new Map(), version: 0, lazy, lazyFirst: true });
}

/** Adds `state_bytes` where a class says something of a state: what a cache of it takes, as the platform asks it. */
export function shipStateBytes(R: Reader, ship: Shipper, cls: ClassAtom, config: InstanceAtom): void {
  if (!findInClass(R, cls, SHAPES)) return;
  const spec = nameIn(R, MODULE, 'MambaSpec');
  if (!spec) return;
  const frame = entryFrame(R, MODULE);
  const asked = (name: string): Value => callNamed(R, frame, cls, name, [one(config)]);
  const made = (): Value =>
    R.call(frame, spec, {
      pos: [],
      kw: new Map([
        ['shapes', asked(SHAPES)],
        ['dtypes', asked(DTYPES)],
        ['block_size', one(int(-1))],
      ]),
    });
  // where states have several shapes it is the largest; that is not told
  const bytes = findInClass(R, cls, SPECS)
    ? one(opaque('states of several shapes', MODULE))
    : R.getAttr(frame, made(), 'page_size_bytes');
  ship.add(TERM, termOf(bytes, plainTerm()));
}
