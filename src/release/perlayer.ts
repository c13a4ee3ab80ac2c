/**
 * Configurations that differ from layer to layer. transformers keeps what they are given for that beside the object and makes an
 * object for every layer of it: so does whoever works an object out with the question. Here it is kept as it was given.
 */
import {
  builtinClass,
  list,
  native,
  newInstance,
  NONE_VALUE,
  one,
  opaque,
  pairsOf,
  setAttr,
  tuple,
  UNBOUND,
} from '../python/index.ts';
import type { Atom, ClassAtom, InstanceAtom, Reader, Value } from '../python/index.ts';
import { jsonList } from './json.ts';

/** The attribute, as it is given and as it is asked for. */
export const PER_LAYER = 'per_layer_config';
/** Where the package keeps what it made of it: there where layers differ. */
export const DIFFERING = '_heterogeneity_spec';
/** Where it is kept here. */
export const GIVEN = '_per_layer_given';

/** The property of the package, by its full name. */
export const PER_LAYER_PROPERTY = `transformers.integrations.heterogeneity.configuration_utils.HeterogeneousConfigMixin.${PER_LAYER}`;

/** What stands for that property while an object is made. */
export function perLayer(R: Reader, self: Value, set: Value | undefined): Value {
  const frame = R.frame!;
  if (set === undefined) return one(jsonList(R, `self.${PER_LAYER}`, () => one(layer(R))));
  const made = set.map(({ g, v }) => ({
    g,
    v: v.k === 'none' ? UNBOUND : opaque('what differs from layer to layer', ''),
  }));
  setAttr(R, frame, self, DIFFERING, made);
  setAttr(
    R,
    frame,
    self,
    GIVEN,
    set.flatMap(({ g, v }) => (pairsOf(R, v) ?? one(pairsIn(v))).map((a) => ({ g: R.d.and(g, a.g), v: a.v }))),
  );
  return NONE_VALUE;
}

/** A dictionary of the tree's own as a list of its keys and values. */
const pairsIn = (v: Atom): Atom =>
  v.k === 'dict' && !v.lazy ? list(v.entries.map((e) => ({ g: e.g, v: one(tuple([one(e.key), e.v])) }))) : v;

/** The check of an object that is made for each of its layers, where they differ. */
const CHECK = 'validate_architecture';

/** The object of a layer: what it refuses is for whoever works it out to say. */
function layer(R: Reader): InstanceAtom {
  const cls = builtinClass('the configuration of a layer', R.builtin('object')![0]!.v as ClassAtom, 'transformers');
  return {
    ...newInstance(cls),
    lazy: (name) =>
      name.startsWith('__')
        ? undefined
        : one(name === CHECK ? native(name, () => NONE_VALUE) : opaque(`${name} of the configuration of a layer`, '')),
    lazyOpen: true,
  };
}
