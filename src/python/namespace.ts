/** `object.__dict__`: the attributes that an object or a module holds itself, as a dictionary. */
import { NO } from '../rules/index.ts';
import { builtinClass } from './builtins.ts';
import { newInstance } from './objects.ts';
import { setAllAttrs, setAttr } from './settingattributes.ts';
import { care, note, placeOf, raiseBuiltin, reading, under, unread, writing } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { ancient, boolean, choose, fresh, native, NONE_VALUE, one, union } from './values.ts';
import type { Args, Atom, ClassAtom, InstanceAtom, ModuleAtom, Value } from './values.ts';

const views = new WeakMap<InstanceAtom | ModuleAtom, Atom>();
/** Methods that look at all of it. */
const WHOLE = '__eq__ __ne__ __or__ items keys values __iter__ __len__ pop copy setdefault clear'.split(' ');

const owners = new WeakMap<Atom, InstanceAtom | ModuleAtom>();

/** The dictionary of what `of` holds. What is asked or set in it by its name is asked or set in `of`. */
export function attributesOf(R: Reader, of: InstanceAtom | ModuleAtom): Value {
  const known = views.get(of);
  if (known) return one(known);
  const cls = builtinClass('dict', R.builtin('dict')![0]!.v as ClassAtom, 'builtins');
  const made: InstanceAtom = { ...newInstance(cls), id: of.id < 0 ? ancient() : fresh() };
  owners.set(made, of);
  views.set(of, made);
  const method = (name: string, work: (frame: Frame, args: Args) => Value): void =>
    void cls.attrs.set(name, one(native(name, (args) => work(R.frame!, args))));
  method('update', (frame, args) => update(R, frame, of, args));
  method('__setitem__', (frame, args) => {
    for (const { g, v } of args.pos[0]!)
      under(R, frame, g, () => {
        if (v.k === 'str') setAttr(R, frame, one(of), v.s, args.pos[1]!);
        else note(R, 'opaque', 'an attribute of uncertain name is set', placeOf(frame));
      });
    return NONE_VALUE;
  });
  method('__getitem__', (frame, args) => own(R, frame, of, args.pos[0]!, undefined));
  method('get', (frame, args) => own(R, frame, of, args.pos[0]!, args.pos[1] ?? NONE_VALUE));
  method('__contains__', (frame, args) => {
    const found = own(R, frame, of, args.pos[0]!, one(MISSING));
    if (found.some((a) => a.v.k === 'opaque')) return found;
    return boolean(
      R.d,
      found.reduce((c, a) => (a.v === MISSING ? c : R.d.or(c, a.g)), NO),
    );
  });
  for (const name of WHOLE) method(name, (frame) => unread(R, frame, `${name} of the __dict__ of an object`));
  return one(made);
}

/** Stands for a key that is not there. */
const MISSING: Atom = native('no such key', () => []);

/** What is held under a name; without `fallback` a name that is not there is a KeyError. */
function own(R: Reader, frame: Frame, of: InstanceAtom | ModuleAtom, key: Value, fallback: Value | undefined): Value {
  return union(
    R.d,
    key.flatMap(({ g, v }) => {
      if (v.k !== 'str' || of.k !== 'instance' || of.lazy || of.wild)
        return unread(R, frame, 'an item of the __dict__ of an object').map((a) => ({ g, v: a.v }));
      reading(R, of);
      const held = of.attrs.get(v.s) ?? [];
      const there = held.reduce((c, a) => (a.v.k === 'unbound' ? c : R.d.or(c, a.g)), NO);
      if (!fallback)
        under(R, frame, g, () => raiseBuiltin(R, frame, R.d.and(care(R, frame), R.d.not(there)), 'KeyError', v.s));
      return choose(R.d, there, held, fallback ?? []).map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
    }),
  );
}

function update(R: Reader, frame: Frame, of: InstanceAtom | ModuleAtom, args: Args): Value {
  for (const { g, v } of args.pos[0] ?? [])
    under(R, frame, g, () => {
      if (v.k === 'dict' && v.lazy && of.k === 'instance') setAllAttrs(R, frame, of, v);
      else if (v.k === 'dict' && !v.lazy && v.entries.every((e) => e.key.k === 'str'))
        for (const e of v.entries)
          under(R, frame, e.g, () => setAttr(R, frame, one(of), (e.key as { s: string }).s, e.v));
      else if (v.k === 'dict' && of.k === 'instance') {
        writing(R, frame, of);
        (of.wild ??= []).push({ g: frame.live, from: v });
      }
      // a module that was loaded when it was asked for: it is still asked
      else if (owners.get(v)?.k === 'module')
        note(R, 'skipped', 'the names of a module become attributes', placeOf(frame));
      else note(R, 'opaque', 'attributes of uncertain names are set', placeOf(frame));
    });
  for (const [name, value] of args.kw) setAttr(R, frame, one(of), name, value);
  return NONE_VALUE;
}
