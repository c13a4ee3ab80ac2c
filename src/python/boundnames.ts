/** Which names a block binds, and what it changes beside them. */
import type { Node } from './syntax.ts';

export const BLOCKS = ['body', 'orelse', 'finalbody', 'handlers', 'cases'] as const;

/** The names that a statement binds, or changes in place. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function boundNames(s: Node, into = new Set<string>()): Set<string> {
  const target = (t: Node | undefined): void => {
    if (!t) return;
    if (t.nodeType === 'Name') into.add(t.id as string);
    else if (t.nodeType === 'Tuple' || t.nodeType === 'List') (t.elts as Node[]).forEach(target);
    else if (t.nodeType === 'Starred' || t.nodeType === 'Attribute' || t.nodeType === 'Subscript')
      target(t.value as Node);
  };
  switch (s.nodeType) {
    case 'FunctionDef':
    case 'AsyncFunctionDef':
    case 'ClassDef':
      into.add(s.name as string);
      return into;
    case 'Import':
      for (const a of s.names as Node[]) into.add((a.asname as string) || (a.name as string).split('.')[0]!);
      return into;
    case 'ImportFrom':
      for (const a of s.names as Node[]) into.add((a.asname as string) || (a.name as string));
      return into;
    case 'Assign':
      (s.targets as Node[]).forEach(target);
      break;
    case 'AnnAssign':
      if (s.value) target(s.target as Node);
      return into;
    case 'AugAssign':
    case 'For':
      target(s.target as Node);
      break;
    case 'Delete':
      (s.targets as Node[]).forEach(target);
      break;
    case 'TypeAlias':
      target(s.name as Node);
      break;
    case 'Expr': {
      // NAME.update(...), NAME.append(...): a change of NAME
      const call = s.value as Node;
      if (call.nodeType === 'Call' && (call.func as Node).nodeType === 'Attribute')
        target((call.func as Node).value as Node);
      break;
    }
    case 'With':
      for (const item of s.items as Node[]) target(item.optional_vars as Node | undefined);
      break;
    default:
  }
  walrus(s, into);
  for (const block of BLOCKS) for (const inner of (s[block] as Node[] | undefined) ?? []) boundNames(inner, into);
  return into;
}

function walrus(s: Node, into: Set<string>): void {
  const test = s.test as Node | undefined;
  const look = (n: Node | undefined): void => {
    if (!n || typeof n !== 'object') return;
    if (n.nodeType === 'NamedExpr') into.add((n.target as Node).id as string);
    for (const key of ['left', 'right', 'value', 'test', 'operand']) look(n[key] as Node | undefined);
    for (const key of ['values', 'comparators', 'args']) for (const m of (n[key] as Node[] | undefined) ?? []) look(m);
  };
  look(test);
}

/** The names that a function changes in place, in itself or in a function inside it. */
function changedIn(fn: Node): ReadonlySet<string> {
  const names = new Set<string>();
  const look = (s: Node): void => {
    if (
      s.nodeType === 'Expr' ||
      (s.nodeType === 'Assign' && (s.targets as Node[]).some((t) => t.nodeType === 'Subscript'))
    )
      boundNames(s, names);
    for (const block of BLOCKS) for (const inner of (s[block] as Node[] | undefined) ?? []) look(inner);
  };
  for (const s of fn.body as Node[]) look(s);
  return names;
}

const CONTAINERS = new Set(['dict', 'list', 'set', 'defaultdict', 'OrderedDict', 'Counter', 'deque']);

/** The names that statements at the top bind to a list, a set or a dictionary. */
function containersOf(body: readonly Node[]): ReadonlySet<string> {
  const isContainer = (v: Node | null | undefined): boolean => {
    if (!v) return false;
    const callee = v.nodeType === 'Call' ? (v.func as Node) : undefined;
    return ['Dict', 'List', 'Set'].includes(v.nodeType) || CONTAINERS.has((callee?.id ?? callee?.attr ?? '') as string);
  };
  return new Set(
    body
      .filter((s) => (s.nodeType === 'Assign' || s.nodeType === 'AnnAssign') && isContainer(s.value as Node | null))
      .flatMap((s) => [...boundNames(s)]),
  );
}

/** The functions that a statement at the top calls as it stands: by itself, or to decorate. */
const calledBy = (s: Node): readonly string[] =>
  appliedBy(s).flatMap((callee) => (callee.nodeType === 'Name' ? [callee.id as string] : []));

export function indexBody(body: readonly Node[]): Map<string, number[]> {
  const binders = new Map<string, number[]>();
  const functions = new Map(body.filter((s) => s.nodeType === 'FunctionDef').map((s) => [s.name as string, s]));
  const containers = containersOf(body);
  const changed = new Map<string, ReadonlySet<string>>();
  const changedBy = (name: string): ReadonlySet<string> => {
    const fn = functions.get(name);
    const names = changed.get(name) ?? (fn ? changedIn(fn) : new Set<string>());
    changed.set(name, names);
    return names;
  };
  body.forEach((s, i) => {
    const names = boundNames(s);
    for (const fn of calledBy(s)) for (const name of changedBy(fn)) if (containers.has(name)) names.add(name);
    for (const name of names) {
      const at = binders.get(name);
      if (at) at.push(i);
      else binders.set(name, [i]);
    }
  });
  return binders;
}

/** What a statement at the top calls: by itself, or to decorate. */
export const appliedBy = (s: Node): readonly Node[] => {
  const made = s.nodeType === 'Expr' ? [s.value as Node] : ((s.decorator_list as Node[] | undefined) ?? []);
  return made.flatMap((n) => (n.nodeType === 'Call' ? [n.func as Node] : s.nodeType === 'Expr' ? [] : [n]));
};
