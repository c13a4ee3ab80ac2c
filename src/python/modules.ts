/* oxlint-disable max-lines -- one part of the language, in one place */
/** Modules and class bodies: their names are evaluated when first asked for, in the order of the source. */
import {
  type Reader,
  newFrame,
  flatten,
  raise,
  note,
  reading,
  type Frame,
  type PlainEvent,
  ofTheWorld,
  type Event,
  nameFact,
  care,
  exception,
  absorb,
} from './reader.ts';
import {
  type ModuleScope,
  type Value,
  one,
  str,
  fresh,
  type ClassScope,
  choose,
  outside,
  type ClassAtom,
  restrict,
} from './values.ts';
import { parsedFile } from './parsedfiles.ts';
import type { Node } from './syntax.ts';
import { type Cond, YES, NO } from '../rules/index.ts';
import { flagCond } from './inputs.ts';
import { BLOCKS, appliedBy, boundNames } from './boundnames.ts';

/** The scope of a module of the tree, parsed but not run. Undefined when the tree has no such module. */
export function moduleScope(R: Reader, name: string): ModuleScope | undefined {
  if (R.modules.has(name)) return R.modules.get(name);
  const source = R.world.module(name);
  if (!source) {
    R.modules.set(name, undefined);
    return undefined;
  }
  const file = parsedFile(source);
  const vars = new Map<string, Value>([
    ['__name__', one(str(name))],
    ['__file__', one(str(`<tree>/${source.path}`))],
    ['__package__', one(str(source.isPackage ? name : name.slice(0, Math.max(0, name.lastIndexOf('.')))))],
  ]);
  const scope: ModuleScope = {
    name,
    path: source.path,
    isPackage: source.isPackage,
    ...file,
    changing: new Set(file.changing),
    done: new Set(),
    settled: new Set(),
    vars,
    outer: undefined,
    get module() {
      return scope;
    },
    get atom() {
      return atom;
    },
  };
  const atom = { id: fresh(), k: 'module' as const, scope, version: 0 };
  R.modules.set(name, scope);
  return scope;
}

/** Runs the statements of a lazily evaluated body that concern `name`, each once. */
export function settle(R: Reader, scope: ModuleScope | ClassScope, name: string): void {
  const at = scope.binders.get(name);
  if (!at) return;
  for (const i of at) {
    const s = scope.body[i]!;
    const key = s.nodeType === 'ImportFrom' ? `${i}:${name}` : String(i);
    if (scope.done.has(key)) continue;
    scope.done.add(key);
    if (s.nodeType === 'ImportFrom') {
      bindImported(R, scope, s, name);
      continue;
    }
    runTop(R, scope, s);
  }
}

/** A frame of its own for top-level code: it stands under no condition and belongs to no call. */
function runTop(R: Reader, scope: ModuleScope | ClassScope, s: Node, when: Cond = YES): void {
  const saved = R.frame;
  const frame = newFrame(scope, undefined, undefined, YES);
  frame.live = when;
  frame.line = s.lineno ?? 1;
  R.frame = frame;
  try {
    R.run(frame, [s]);
  } finally {
    R.frame = saved;
  }
  const reachesOut = R.world.reachesOut?.(scope.module.name) === true;
  for (const event of flatten(R, frame.trace))
    if (event.kind === 'raise') {
      note(R, 'skipped', `top-level statement may raise ${event.exc.cls.name}`, event.place);
      // what the interpreter raises by itself, or where something was not read, may be our reading alone
      if (reachesOut && event.explicit === true && restsOnFacts(R, event.g))
        R.failed = R.d.or(R.failed, R.d.and(when, event.g));
    }
}

const restsOnFacts = (R: Reader, g: Cond): boolean =>
  R.d.support(g).every((v) => R.book.meanings[v]!.kind !== 'opaque');

/** `from M import a, b`: each name is bound when it is asked for. */
function bindImported(R: Reader, scope: ModuleScope | ClassScope, s: Node, name: string): void {
  const alias = (s.names as Node[]).find((a) => ((a.asname as string) || a.name) === name);
  if (!alias) return;
  const from = absoluteName(scope.module, s);
  const value = importedName(R, from, alias.name as string);
  if (value) scope.vars.set(name, eitherOf(R, scope, from, alias.name as string, value));
}

/** What an import gives of a name that a module which reaches out assigned anew: nobody knows whether it came before. */
function eitherOf(R: Reader, scope: ModuleScope | ClassScope, from: string, name: string, value: Value): Value {
  const before = R.assigned.get(`${from}.${name}`);
  if (!before || !R.world.reachesOut) return value;
  const why = `whether ${scope.module.name} imported ${name} before it was assigned anew`;
  return choose(R.d, R.book.opaque(why, scope.module.path), before, value);
}

/** The full name of the module that a `from` statement names. */
export function absoluteName(module: ModuleScope, s: Node): string {
  const level = (s.level as number | undefined) ?? 0;
  const tail = (s.module as string | undefined) ?? '';
  if (!level) return tail;
  const parts = module.name.split('.');
  const up = module.isPackage ? level - 1 : level;
  const base = parts.slice(0, parts.length - up).join('.');
  return tail ? `${base}.${tail}` : base;
}

/** A name of a module, of the tree or not. Undefined when a module of the tree has no such name. */
export function importedName(R: Reader, module: string, name: string): Value | undefined {
  const scope = moduleScope(R, module);
  const full = `${module}.${name}`;
  if (scope) {
    const own = moduleAttr(R, scope, name);
    if (own) return own;
    return scope.isPackage && R.world.importable(full, R) !== NO ? one(outside(full)) : undefined;
  }
  return R.world.replaced(full, R) ?? R.world.outside(full, R) ?? one(outside(full));
}

const looking = new Set<string>();

/** The value of a module's attribute, evaluating what binds it; undefined when there is none. */
export function moduleAttr(R: Reader, scope: ModuleScope, name: string): Value | undefined {
  const own = moduleGlobal(R, scope, name);
  const unbound = own?.find((a) => a.v.k === 'unbound')?.g ?? NO;
  if (own && unbound === NO) return own;
  const beside = attrBeside(R, scope, name, own ? unbound : YES);
  if (!own) return beside;
  return beside ? choose(R.d, unbound, beside, own) : own;
}

/** What a module gives for a name that its top level does not bind, asked where the condition holds. */
function attrBeside(R: Reader, scope: ModuleScope, name: string, when: Cond): Value | undefined {
  const sub = moduleScope(R, `${scope.name}.${name}`);
  if (sub) return one(sub.atom);
  const dynamic =
    scope.binders.has('__getattr__') && name !== '__getattr__' ? moduleGlobal(R, scope, '__getattr__') : undefined;
  if (!dynamic) return undefined;
  const frame = R.frame ?? newFrame(scope, undefined, undefined, YES);
  const live = frame.live;
  const here = R.d.and(live, when);
  frame.live = here;
  const result = here === NO ? [] : R.call(frame, dynamic, { pos: [one(str(name))], kw: new Map() });
  frame.live = R.d.and(live, R.d.not(R.d.and(here, R.d.not(frame.live))));
  return result.length ? result : undefined;
}

/** A name that the module's own top level binds. */
export function moduleGlobal(R: Reader, scope: ModuleScope, name: string): Value | undefined {
  if (scope.changing.has(name)) reading(R, scope.atom);
  const before = scope.settled.has(name) ? scope.vars.get(name) : undefined;
  if (before) return before;
  const full = `${scope.name}.${name}`;
  const stand = scope.vars.get(name) ?? R.world.replaced(full, R);
  if (stand && !scope.vars.has(name)) scope.vars.set(name, stand);
  if (looking.has(full)) return scope.vars.get(name);
  looking.add(full);
  try {
    if (!R.world.replaced(full, R)) settle(R, scope, name);
    scope.settled.add(name);
  } finally {
    looking.delete(full);
  }
  const value = scope.vars.get(name);
  if (value) return value;
  for (const s of scope.body) {
    if (s.nodeType !== 'ImportFrom' || (s.names as Node[])[0]?.name !== '*') continue;
    const starred = importedName(R, absoluteName(scope, s), name);
    if (starred && !(starred[0]?.v.k === 'outside' && !moduleScope(R, absoluteName(scope, s)))) return starred;
  }
  return undefined;
}

/** A line that reads the environment, or a constant of another module, which may be read when it is asked for. */
const ASKS = /=.*\b(?:[a-z]\w*\.[A-Z][A-Z\d_]+|environ|getenv)\b/;

/** A file with such a line at its top level, or with a condition there that calls a function. */
const MAY_ASK = /^(?:if\b.*\b[a-z_]\w*\(\)|\w.*=.*\b(?:[a-z]\w*\.[A-Z][A-Z\d_]+|environ|getenv)\b)/m;

/** Evaluates what a top-level statement asks for when its module is imported, for what that raises. */
function askedAtImport(R: Reader, frame: Frame, scope: ModuleScope, s: Node): void {
  const asked = s.nodeType === 'If' ? (s.test as Node) : (s.value as Node | null | undefined);
  if (!asked || !['If', 'Assign', 'AnnAssign'].includes(s.nodeType)) return;
  const callee = asked.nodeType === 'Call' ? (asked.func as Node) : undefined;
  const own = s.nodeType === 'If' && callee?.nodeType === 'Name' && scope.binders.has(callee.id as string);
  if (!own && (s.nodeType === 'If' || !ASKS.test(scope.lines[(s.lineno ?? 1) - 1] ?? ''))) return;
  R.run(frame, [{ nodeType: 'Expr', value: asked, lineno: s.lineno } as Node]);
}

/** By the file, whether it has such a line. */
const asking = new WeakMap<object, boolean>();

function mayAsk(source: { readonly text: string }): boolean {
  let known = asking.get(source);
  if (known === undefined) asking.set(source, (known = MAY_ASK.test(source.text)));
  return known;
}

/** What a module raises by itself when it is imported, where that rests on the machine alone. */
function ownRaises(R: Reader, name: string): readonly PlainEvent[] {
  const known = R.importRaises.get(name);
  if (known) return known;
  R.importRaises.set(name, []); // what it asks for may lead back to it
  const source = R.world.module(name);
  const scope = source && mayAsk(source) ? moduleScope(R, name) : undefined;
  if (!scope) return [];
  const saved = R.frame;
  const frame = newFrame({ vars: new Map(), outer: scope, module: scope }, undefined, undefined, YES);
  R.frame = frame;
  try {
    for (const s of scope.body) askedAtImport(R, frame, scope, s);
  } finally {
    R.frame = saved;
  }
  const raises = flatten(R, frame.trace).filter((e) => e.kind === 'raise' && ofTheWorld(R, e.g));
  R.importRaises.set(name, raises);
  return raises;
}

/** What importing a module raises, worked out once: failing imports at its top level, of modules that may fail, and what it asks for. */
function importTrace(R: Reader, name: string): readonly Event[] {
  const known = R.importFailures.get(name);
  if (known) return known;
  R.importFailures.set(name, []); // a module being imported is there already, as in Python
  if (!R.world.mayFail(name)) {
    const through = passedOn(R, name);
    R.importFailures.set(name, through);
    return through;
  }
  const scope = moduleScope(R, name);
  if (!scope) return [];
  const saved = R.frame;
  const frame = newFrame({ vars: new Map(), outer: scope, module: scope }, undefined, undefined, YES);
  R.frame = frame;
  try {
    for (const s of scope.body) if (holdsImport(s)) importsOf(R, frame, s);
  } finally {
    R.frame = saved;
  }
  const trace: PlainEvent[] = [];
  for (const e of [...flatten(R, frame.trace), ...ownRaises(R, name)]) {
    // what several imports lead to fails once
    const g = nameFact(R, e.g, e.place);
    if (e.kind === 'raise' && !trace.some((o) => o.g === g && o.place === e.place)) trace.push({ ...e, g });
  }
  R.importFailures.set(name, trace);
  return trace;
}

/** The modules that a file's unindented import lines name, or may name, in order; by the file. */
const imports = new WeakMap<object, readonly string[]>();

function importedBy(name: string, source: { readonly text: string; readonly isPackage: boolean }): readonly string[] {
  const known = imports.get(source);
  if (known) return known;
  const package_ = source.isPackage ? name : name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const found = new Set<string>();
  for (const m of source.text.matchAll(
    /^(?:import[ \t]+([\w., \t]+)|from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(?:\(([^)]*)\)|(.*)))/gm,
  )) {
    for (const plain of m[1]?.split(',') ?? []) found.add(plain.trim().split(/\s+/)[0]!);
    if (m[1] !== undefined) continue;
    const up = m[2]!.length
      ? package_
          .split('.')
          .slice(0, package_.split('.').length - m[2]!.length + 1)
          .join('.')
      : '';
    const from = [up, m[3]!].filter(Boolean).join('.');
    found.add(from);
    for (const part of (m[4] ?? m[5] ?? '').replace(/#.*$/gm, '').split(','))
      found.add(`${from}.${part.trim().split(/\s+/)[0]!}`);
  }
  const all = [...found];
  imports.set(source, all);
  return all;
}

/** By how modules are found, and the file, those of its imports that are modules of the tree. */
const followed = new WeakMap<Reader['world']['module'], WeakMap<object, readonly string[]>>();

function modulesImportedBy(R: Reader, name: string, source: { readonly text: string; readonly isPackage: boolean }) {
  const { module } = R.world;
  let bySource = followed.get(module);
  if (!bySource) followed.set(module, (bySource = new WeakMap()));
  let known = bySource.get(source);
  if (!known) bySource.set(source, (known = importedBy(name, source).filter((next) => module(next) !== undefined)));
  return known;
}

/**
 * What a module passes on of the modules it imports: its own imports of packages outside the tree are taken to succeed,
 * those of the tree are followed. Only its unindented import lines are looked at, so that it need not be parsed, and what
 * its top level asks the machine for.
 */
function passedOn(R: Reader, name: string): readonly Event[] {
  const events: PlainEvent[] = [];
  // what is already imported when something on the way fails depends on all imports before: a fact with a name
  const fails = flagCond(R, 'import.order?');
  const add = (e: PlainEvent): void => {
    const g = nameFact(R, e.g, e.place);
    if (!events.some((o) => o.g === g && o.place === e.place)) events.push({ ...e, g });
  };
  const met = new Set<string>();
  const follow = (module: string): void => {
    const source = R.world.module(module);
    if (!source || met.has(module)) return;
    met.add(module);
    if (R.world.mayFail(module)) {
      for (const e of flatten(R, importTrace(R, module), fails)) add(e);
      return;
    }
    for (const next of modulesImportedBy(R, module, source)) follow(next);
    for (const e of ownRaises(R, module)) add({ ...e, g: R.d.and(e.g, fails) });
  };
  follow(name);
  return events;
}

/** Does a top-level statement import something, or raise? */
const holdsImport = (s: Node): boolean =>
  s.nodeType === 'Import' ||
  s.nodeType === 'ImportFrom' ||
  s.nodeType === 'Raise' ||
  (['If', 'Try', 'With'].includes(s.nodeType) &&
    BLOCKS.some((b) =>
      ((s[b] as Node[] | undefined) ?? []).some((n) => n.nodeType === 'ExceptHandler' || holdsImport(n)),
    ));

function importsOf(R: Reader, frame: Frame, s: Node): void {
  frame.line = s.lineno ?? frame.line;
  if (s.nodeType === 'Import' || s.nodeType === 'ImportFrom') {
    importCheck(R, frame, s);
    return;
  }
  // a conditional import: run the statement on a scope of its own
  R.run(frame, [s]);
}

/** Raises, under the frame's condition, what the modules that an import statement names would raise. */
export function importCheck(R: Reader, frame: Frame, s: Node): void {
  if (s.nodeType === 'ImportFrom') {
    const from = absoluteName(frame.module, s);
    requireModule(R, frame, from);
    for (const a of s.names as Node[]) {
      const sub = `${from}.${a.name as string}`;
      // a submodule imported by name: only when the package itself does not define it
      const scope = moduleScope(R, from);
      if (!scope) missingName(R, frame, from, a.name as string, R.world.hasName?.(sub, R) ?? YES);
      if (!scope?.isPackage || a.name === '*' || scope.binders.has(a.name as string)) continue;
      if (moduleScope(R, sub)) requireModule(R, frame, sub);
      else if (!moduleAttr(R, scope, a.name as string)) missingName(R, frame, from, a.name as string);
    }
  } else for (const a of s.names as Node[]) requireModule(R, frame, a.name as string);
}

/** A name that no file of the package defines: there when it is a module that the build adds, or where else is said that it is. */
export function missingName(
  R: Reader,
  frame: Frame,
  from: string,
  name: string,
  there = R.world.importable(`${from}.${name}`, R),
): void {
  if (R.world.replaced(`${from}.${name}`, R) || moduleScope(R, from)?.binders.has('__getattr__')) return;
  const missing = R.d.and(care(R, frame), R.d.not(there));
  if (missing === NO) return;
  const cls = R.builtin('ImportError')![0]!.v as ClassAtom;
  raise(R, frame, missing, exception(cls, [one(str(`cannot import name '${name}' from '${from}'`))]));
}

const packages = new Map<string, readonly string[]>();

/** The packages above a module from the outermost on, and the module. */
function packagesAbove(name: string): readonly string[] {
  let known = packages.get(name);
  if (!known) {
    const parts = name.split('.');
    packages.set(name, (known = parts.map((_, n) => parts.slice(0, n + 1).join('.'))));
  }
  return known;
}

/** Imports a module: raises ImportError under the condition that it cannot be imported. */
export function requireModule(R: Reader, frame: Frame, name: string): void {
  if (R.world.module(name)) {
    // the packages above a module are imported first
    for (const above of packagesAbove(name)) {
      const trace = importTrace(R, above);
      const live = trace.length > 0 && above !== name ? notLoaded(R, frame, above, name) : care(R, frame);
      if (live !== NO) absorb(R, frame, trace, live);
      reachOut(R, frame, above);
    }
    return;
  }
  if (R.world.replaced(name, R)) return;
  const missing = R.d.not(R.world.importable(name, R));
  const g = R.d.and(care(R, frame), missing);
  if (g === NO) return;
  const cls = R.builtin('ModuleNotFoundError')![0]!.v as ClassAtom;
  // Python names the first part that is missing; of a package outside the tree that is the package itself
  const root = name.split('.')[0]!;
  const shown = moduleScope(R, root) ? name : root;
  const exc = exception(cls, [one(str(`No module named '${shown}'`))]);
  exc.attrs.set('name', one(str(shown)));
  raise(R, frame, g, exc);
}

/** Does what importing a module changes elsewhere, where the frame stands and it has not been imported yet. */
function reachOut(R: Reader, frame: Frame, name: string): void {
  if (R.world.reachesOut?.(name) !== true) return;
  const before = R.imported.get(name) ?? NO;
  let here = care(R, frame);
  for (let f: Frame | undefined = frame; f; f = f.caller) here = R.d.and(here, f.base);
  const when = R.d.and(here, R.d.not(before));
  const scope = when === NO ? undefined : moduleScope(R, name);
  if (!scope) return;
  R.imported.set(name, R.d.or(before, when));
  // what is changed elsewhere is not found in what a call under way gives
  for (let f: Frame | undefined = frame; f; f = f.caller) f.pure = false;
  scope.body.forEach((s, i) => {
    if (s.nodeType === 'Import' || s.nodeType === 'ImportFrom') reachThrough(R, scope, s, when);
    else if (reaches(R, scope, s)) runUnder(R, scope, i, when);
  });
}

/** Follows an import statement of a module that reaches out to those it imports. */
function reachThrough(R: Reader, scope: ModuleScope, s: Node, when: Cond): void {
  const frame = newFrame(scope, undefined, undefined, YES);
  frame.live = when;
  const from = s.nodeType === 'ImportFrom' ? absoluteName(scope, s) : undefined;
  const named = (s.names as Node[]).map((a) => a.name as string);
  for (const name of from === undefined ? named : [from, ...named.map((one) => `${from}.${one}`)]) {
    const parts = name.split('.');
    for (let n = 1; n <= parts.length; n++) reachOut(R, frame, parts.slice(0, n).join('.'));
  }
}

/** Whether a statement at the top may change what is not the module's own. */
function reaches(R: Reader, scope: ModuleScope, s: Node): boolean {
  switch (s.nodeType) {
    case 'If':
    case 'Try':
    case 'With':
    case 'For':
    case 'While':
      return true;
    case 'Assign':
      return (s.targets as Node[]).some((t) => t.nodeType === 'Attribute' || t.nodeType === 'Subscript');
    default:
      return appliedBy(s).some((callee) => {
        const frame = newFrame(scope, undefined, undefined, YES);
        return R.evaluate(frame, callee).some((a) => ['func', 'bound', 'partial'].includes(a.v.k));
      });
  }
}

/** Runs a statement at the top under a condition. The names that it binds have no other value: who reads them imported it. */
function runUnder(R: Reader, scope: ModuleScope, at: number, when: Cond): void {
  if (scope.done.has(String(at))) return;
  scope.done.add(String(at));
  const s = scope.body[at]!;
  runTop(R, scope, s, when);
  if (when === YES) return;
  for (const name of boundNames(s)) {
    const bound = scope.vars.get(name)?.filter((a) => a.v.k !== 'unbound');
    if (bound) scope.vars.set(name, restrict(R.d, bound, when));
  }
}

/**
 * Where the frame stands and a package still has to be imported for a module of its own. Python looks for the module first:
 * one that the package imported before it failed stays loaded, and whoever asks for it next gets it.
 */
function notLoaded(R: Reader, frame: Frame, above: string, name: string): Cond {
  const source = R.world.module(above);
  if (!source || !importedBy(above, source).includes(name)) return care(R, frame);
  const loaded = flagCond(R, `loaded.${name}`);
  return R.d.and(care(R, frame), R.d.not(loaded));
}
