/** What the class of each backend says of itself: its methods without arguments that give a flag, a number or a text. */
import { findInClass } from '../python/index.ts';
import type { ClassAtom, FuncAtom, Node, Reader } from '../python/index.ts';
import type { Shipper, Term } from '../rules/index.ts';
import { ask, callNamed } from './asking.ts';
import { plainTerm, termOf } from './terms.ts';

const SIMPLE = ['bool', 'str', 'int'];

/** The function behind a method of a class, and whether it is bound to something first. */
function methodOf(
  cls: ClassAtom,
  R: Reader,
  name: string,
): { readonly fn: FuncAtom; readonly bound: number } | undefined {
  const v = findInClass(R, cls, name)?.value[0]?.v;
  if (v?.k !== 'classmethod' && v?.k !== 'staticmethod') return undefined;
  const fn = v.fn[0]?.v;
  return fn?.k === 'func' ? { fn, bound: v.k === 'classmethod' ? 1 : 0 } : undefined;
}

/** Told with what else follows of a backend. */
const TOLD = new Set(['get_name']);

/** The names of those methods that the common base of backends has. */
function methodsOf(R: Reader, base: ClassAtom): readonly string[] {
  return (base.scope?.body ?? []).flatMap((s) => {
    const name = s.nodeType === 'FunctionDef' ? (s.name as string) : undefined;
    const method = name === undefined || TOLD.has(name) ? undefined : methodOf(base, R, name);
    const returns = method?.fn.node.returns as Node | undefined;
    if (!method || returns?.nodeType !== 'Name' || !SIMPLE.includes(returns.id as string)) return [];
    const { args, kwonlyargs, vararg, kwarg } = method.fn.node.args as Readonly<Record<string, Node[] | null>>;
    return args!.length === method.bound && kwonlyargs!.length === 0 && !vararg && !kwarg ? [name!] : [];
  });
}

/** What one class says by these methods, where it says it whatever happens. */
function saidBy(R: Reader, module: string, cls: ClassAtom, names: readonly string[]): Map<string, Term> {
  const plain = plainTerm();
  return new Map(
    names.flatMap((name) => {
      const { value, events } = ask(R, module, (f) => callNamed(R, f, cls, name));
      const isCertain = value.length > 0 && !events.some((e) => e.kind !== 'log');
      return isCertain ? [[name, termOf(value, plain)] as const] : [];
    }),
  );
}

/**
 * Adds `said`, what the common base of backends says of itself by methods without arguments, and for each backend
 * `said.<name>`, what its class says otherwise.
 */
export function shipSaid(
  R: Reader,
  ship: Shipper,
  base: ClassAtom,
  backends: readonly { readonly name: string; readonly cls: ClassAtom }[],
): void {
  const names = methodsOf(R, base);
  const common = saidBy(R, base.modname, base, names);
  ship.add('said', { record: Object.fromEntries(common) });
  for (const { name, cls } of backends) {
    const own = saidBy(R, cls.modname, cls, names);
    // what is not known of the class is not what the base says
    const otherwise = names.flatMap((method) => {
      const [mine, theirs] = [own.get(method), common.get(method)];
      if (JSON.stringify(mine) === JSON.stringify(theirs)) return [];
      return [[method, mine ?? null] as const];
    });
    ship.add(`said.${name}`, { record: Object.fromEntries(otherwise) });
  }
}
