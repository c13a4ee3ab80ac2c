/** Functions bound to what they are looked up on. */
import { type Reader, type Frame, care } from './reader.ts';
import { type Value, type Atom, type ClassAtom, type Alternative, restrict, one, union, fresh } from './values.ts';
import { NO } from '../rules/index.ts';

/** Turns a raw class attribute into what access through `self` gives: methods are bound, properties evaluated. */
export function bindTo(R: Reader, frame: Frame, raw: Value, self: Atom, cls: ClassAtom): Value {
  const out: Alternative[] = [];
  for (const { g, v } of restrict(R.d, raw, care(R, frame))) {
    switch (v.k) {
      case 'func':
        out.push({ g, v: bound(v, self) });
        break;
      case 'native':
        out.push({ g, v: v.method ? bound(v, self) : v });
        break;
      case 'classmethod':
        for (const f of v.fn) out.push({ g: R.d.and(g, f.g), v: bound(f.v, self.k === 'class' ? self : cls) });
        break;
      case 'staticmethod':
        for (const f of v.fn) out.push({ g: R.d.and(g, f.g), v: f.v });
        break;
      case 'property':
      case 'cachedproperty': {
        const saved = frame.live;
        frame.live = R.d.and(saved, g);
        const made = R.call(frame, v.fn, { pos: [one(self)], kw: new Map() });
        const lost = R.d.and(R.d.and(saved, g), R.d.not(frame.live));
        frame.live = lost === NO ? saved : R.d.and(saved, R.d.not(lost));
        for (const a of made) out.push({ g: R.d.and(g, a.g), v: a.v });
        break;
      }
      default:
        out.push({ g, v });
    }
  }
  return union(R.d, out);
}

const bounds = new WeakMap<Atom, WeakMap<Atom, Atom>>();

export function bound(fn: Atom, self: Atom): Atom {
  let own = bounds.get(self);
  if (!own) bounds.set(self, (own = new WeakMap()));
  let atom = own.get(fn);
  if (!atom) own.set(fn, (atom = { id: fresh(), k: 'bound', fn, self }));
  return atom;
}
