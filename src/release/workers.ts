/** How the workers of a release call a function of the configuration: the calls, and the arguments that can be read there. */
import { entryFrame, moduleScope, one, opaque } from '../python/index.ts';
import type { Node, Reader, Value } from '../python/index.ts';

/** The modules of the workers; the newer one runs where the configuration says so. */
const MODULES = [
  ['vllm.v1.worker.gpu_model_runner', false],
  ['vllm.v1.worker.gpu.model_runner', true],
] as const;

/** A call by a worker. */
export interface WorkerCall {
  readonly newer: boolean;
  /** Its keyword arguments that are constants, or what the calling function has worked out just before. */
  readonly kw: ReadonlyMap<string, Value>;
}

/** The calls of the method `name`, one a worker. */
export function callsByWorkers(R: Reader, name: string): readonly WorkerCall[] {
  return MODULES.flatMap(([module, newer]) => {
    const found = callIn(moduleScope(R, module)?.body ?? [], name);
    return found ? [{ newer, kw: argumentsOf(R, module, found) }] : [];
  });
}

interface FoundCall {
  readonly call: Node;
  /** The function in whose body it stands. */
  readonly inside: Node;
}

function callIn(nodes: readonly Node[], name: string): FoundCall | undefined {
  let found: FoundCall | undefined;
  const look = (n: unknown, inside: Node | undefined): void => {
    if (found || !n || typeof n !== 'object') return;
    if (Array.isArray(n)) return n.forEach((x) => look(x, inside));
    const node = n as Node;
    if (inside && node.nodeType === 'Call' && (node.func as Node).attr === name) {
      found = { call: node, inside };
      return;
    }
    for (const part of Object.values(node)) look(part, node.nodeType === 'FunctionDef' ? node : inside);
  };
  look(nodes, undefined);
  return found;
}

function argumentsOf(R: Reader, module: string, { call, inside }: FoundCall): ReadonlyMap<string, Value> {
  const frame = entryFrame(R, module);
  frame.scope.vars.set('self', one(opaque('the worker', module)));
  const out = new Map<string, Value>();
  for (const { arg, value } of call.keywords as readonly { readonly arg?: string; readonly value: Node }[]) {
    const worked = value.nodeType === 'Constant' ? value : assignedTo(inside, value);
    if (arg !== undefined && worked) out.set(arg, R.evaluate(frame, worked));
  }
  return out;
}

/** What a variable of a function is set to, where one statement of its body alone sets it. */
function assignedTo({ body }: Node, name: Node): Node | undefined {
  if (name.nodeType !== 'Name') return undefined;
  const setting = (body as readonly Node[]).filter(
    (s) => s.nodeType === 'Assign' && (s.targets as readonly Node[]).some((t) => t.id === name.id),
  );
  return setting.length === 1 ? (setting[0]!.value as Node) : undefined;
}
