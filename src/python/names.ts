/** Names: bound, and looked up. */
import { type Reader, type Frame, writing, care, raise, exception, note, placeOf } from './reader.ts';
import {
  type Value,
  one,
  outside,
  type Scope,
  UNBOUND,
  choose,
  type ModuleScope,
  type ClassScope,
  restrict,
  type Alternative,
  type ClassAtom,
  str,
} from './values.ts';
import { moduleScope, moduleGlobal, settle } from './modules.ts';
import { NO, YES, type Cond } from '../rules/index.ts';

/** The module object that `import name` gives, for the dotted name. */
export function moduleValue(R: Reader, name: string): Value {
  const scope = moduleScope(R, name);
  if (scope) return one(scope.atom);
  return R.world.replaced(name, R) ?? R.world.outside(name, R) ?? one(outside(name));
}

/** Binds a name where the frame stands: elsewhere it keeps what it was. */
export function bind(R: Reader, frame: Frame, scope: Scope, name: string, value: Value): void {
  const live = frame.live;
  if (live === NO) return;
  const old = scope.vars.get(name);
  if (live === YES) {
    scope.vars.set(name, value);
    return;
  }
  const before: Value = old ?? one(UNBOUND);
  scope.vars.set(name, choose(R.d, live, value, before));
}

/** Binds a name of a module from inside a function, as `global` lets it: under everything that led there. */
export function bindGlobal(R: Reader, frame: Frame, name: string, value: Value): void {
  const scope = frame.module;
  const before = moduleGlobal(R, scope, name) ?? one(UNBOUND);
  const when = writing(R, frame, scope.atom);
  if (when !== NO) scope.vars.set(name, choose(R.d, when, value, before));
}

/** Sets an attribute of a module from outside it, under everything that led there. What was read with the old one is read again. */
export function bindAttribute(R: Reader, frame: Frame, scope: ModuleScope, name: string, value: Value): void {
  const before = moduleGlobal(R, scope, name) ?? one(UNBOUND);
  const when = writing(R, frame, scope.atom);
  if (when === NO) return;
  if (!R.assigned.has(`${scope.name}.${name}`)) R.assigned.set(`${scope.name}.${name}`, before);
  if (!scope.changing.has(name)) R.memo.clear();
  scope.changing.add(name);
  scope.vars.set(name, choose(R.d, when, value, before));
}

/** What a name means where the frame stands; raises NameError where it is not bound. */
export function lookup(R: Reader, frame: Frame, name: string): Value {
  for (let scope: Scope | undefined = frame.scope, first = true; scope; scope = scope.outer, first = false) {
    const isGlobal = frame.scope.globals?.has(name) === true;
    if ((scope.isClass && !first) || (isGlobal && scope !== scope.module)) continue;
    const module = scope === scope.module;
    let value: Value | undefined;
    if (module) value = moduleGlobal(R, scope.module, name);
    else {
      if ('binders' in scope) settle(R, scope as ClassScope, name);
      value = scope.vars.get(name);
    }
    if (!value) continue;
    const seen = restrict(R.d, value, care(R, frame));
    if (!seen.some((a) => a.v.k === 'unbound')) return seen;
    const bound: Alternative[] = seen.filter((a) => a.v.k !== 'unbound');
    const free: Cond = seen.reduce<Cond>((c, a) => (a.v.k === 'unbound' ? R.d.or(c, a.g) : c), NO);
    // not bound on this path: Python raises; reading goes on where it is bound
    const missing = R.d.and(free, care(R, frame));
    if (missing !== NO && !module) {
      const cls = R.builtin('UnboundLocalError')![0]!.v as ClassAtom;
      raise(
        R,
        frame,
        missing,
        exception(cls, [one(str(`cannot access local variable '${name}' where it is not associated with a value`))]),
      );
    }
    return restrict(R.d, bound, care(R, frame));
  }
  const builtin = R.builtin(name);
  if (builtin) return builtin;
  const cls = R.builtin('NameError')![0]!.v as ClassAtom;
  raise(R, frame, care(R, frame), exception(cls, [one(str(`name '${name}' is not defined`))]));
  note(R, 'opaque', `name ${name} is not defined`, placeOf(frame));
  return [];
}
