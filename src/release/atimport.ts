/** Reads what the platform's module sets in torch when it is imported: calls at its top level, whatever is asked. */
import type { InstanceAtom, Node, Reader } from '../python/index.ts';
import { importedName } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Scalar, Shipper, Term } from '../rules/index.ts';

/** Where torch keeps what is switched for the whole process. */
const SWITCHES = /^torch\.backends\./;

/** Adds `platform.at_import`: each call with its one argument, where that is a constant, and its place. */
export function shipAtImport(R: Reader, ship: Shipper, platform: InstanceAtom): void {
  const rows = platform.cls.mro.flatMap(({ module, modname }): (readonly [number, Term, readonly number[]])[] =>
    (module?.body ?? []).flatMap((s) => {
      const call = callOf(R, modname, s);
      if (!call) return [];
      const row: Term = { record: { call: call.name, argument: call.argument } };
      return [[YES, row, [ship.place(`${module!.path}:${Number(s.lineno)}`)]] as const];
    }),
  );
  const once = new Map(rows.map((one) => [JSON.stringify(one), one]));
  if (once.size > 0) ship.add('platform.at_import', { list: [...once.values()] });
}

function callOf(R: Reader, module: string, s: Node): { readonly name: string; readonly argument: Scalar } | undefined {
  const call = s.nodeType === 'Expr' ? (s.value as Node) : undefined;
  if (call?.nodeType !== 'Call') return undefined;
  const [argument, ...others] = call.args as readonly Node[];
  const name = nameOf(call.func as Node);
  if (argument?.nodeType !== 'Constant' || others.length > 0 || (call.keywords as readonly Node[]).length > 0)
    return undefined;
  if (name === undefined || !SWITCHES.test(name) || importedName(R, module, 'torch') === undefined) return undefined;
  return { name, argument: (argument.value ?? null) as Scalar };
}

/** `a.b.c` as it is written. */
function nameOf(n: Node): string | undefined {
  if (n.nodeType === 'Name') return n.id as string;
  const before = n.nodeType === 'Attribute' ? nameOf(n.value as Node) : undefined;
  return before === undefined ? undefined : `${before}.${n.attr as string}`;
}
