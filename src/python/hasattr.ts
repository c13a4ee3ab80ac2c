/** Whether a thing has an attribute. */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { attrOf } from './attributes.ts';
import { writtenIn } from './copies.ts';
import { aside, flatten, opaqueCond } from './reader.ts';
import type { Frame, Reader } from './reader.ts';

import type { Atom } from './values.ts';

/** Has it such an attribute: the condition. */
export function hasAttr(R: Reader, frame: Frame, v: Atom, name: string): Cond {
  if (v.k === 'outside') {
    const known = R.world.outside(`${v.name}.${name}`, R);
    if (known) return YES;
    return R.world.importable(`${v.name}.${name}`, R);
  }
  if (v.k === 'opaque') return opaqueCond(R, frame, `has it ${name}: ${v.why}`, v.place, v);
  const { value: got, events } = aside(frame, () => {
    frame.tries.push(() => true);
    const found = attrOf(R, frame, v, name);
    frame.tries.pop();
    return found;
  });
  const lost = flatten(R, events).reduce<Cond>((c, e) => (e.kind === 'raise' ? R.d.or(c, e.g) : c), NO);
  if (!got) return NO;
  // a class of a package outside the tree may have it or not
  const foreign = (v.k === 'instance' ? v.cls : v.k === 'class' ? v : undefined)?.mro.find((c) => c.foreign.length);
  const only = got.length === 1 ? got[0]!.v : undefined;
  if (foreign && only?.k === 'opaque' && only.why === `${foreign.foreign[0]}.${name}`)
    return opaqueCond(R, frame, `has it ${name}: ${only.why}`, only.place, only);
  const mayLack = v.k === 'instance' && v.lazyOpen === true && !writtenIn(v).has(name);
  if (mayLack && only?.k === 'opaque') return opaqueCond(R, frame, `has it ${name}: ${only.why}`, only.place, only);
  const there = got.reduce<Cond>((c, a) => (a.v.k === 'unbound' ? c : R.d.or(c, a.g)), NO);
  return R.d.and(there, R.d.not(lost));
}
