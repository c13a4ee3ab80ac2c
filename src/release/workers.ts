/** How the workers of a release call a function of the configuration: the calls, and the arguments that can be read there. */
import { entryFrame, moduleScope, nameIn, newInstance, one, opaque, UNBOUND, under } from '../python/index.ts';
import type { ClassAtom, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';

/** The modules of the workers; the newer one runs where the configuration says so. */
export const WORKERS = [
  ['vllm.v1.worker.gpu_model_runner', false],
  ['vllm.v1.worker.gpu.model_runner', true],
] as const;

/** A call by a worker. */
export interface WorkerCall {
  readonly newer: boolean;
  /** Its keyword arguments that are constants, or what the calling function has worked out just before. */
  readonly kw: ReadonlyMap<string, Value>;
  /** What it hands over by place. */
  readonly pos: readonly Node[];
  readonly module: string;
  /** The worker's class. */
  readonly cls: Node | undefined;
}

/** The calls of the method `name`, one a worker. */
export function callsByWorkers(R: Reader, name: string): readonly WorkerCall[] {
  return WORKERS.flatMap(([module, newer]) => {
    const body = moduleScope(R, module)?.body ?? [];
    const found = callIn(body, name);
    if (!found) return [];
    const cls = body.find((s) => s.nodeType === 'ClassDef' && callIn([s], name) !== undefined);
    return [{ newer, kw: argumentsOf(R, module, found), pos: found.call.args as readonly Node[], module, cls }];
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

/** A worker that is being made for a configuration. */
export interface Worker {
  readonly module: string;
  readonly cls: ClassAtom;
  readonly init: Node;
  readonly config: InstanceAtom;
}

/** The worker of a class that stands in a module; undefined where it has no constructor. */
export function workerOf(R: Reader, module: string, cls: Node, config: InstanceAtom): Worker | undefined {
  const own = nameIn(R, module, cls.name as string)?.[0]?.v;
  const init = (cls.body as Node[]).find((s) => s.nodeType === 'FunctionDef' && s.name === '__init__');
  return own?.k === 'class' && init ? { module, cls: own, init, config } : undefined;
}

/** What was worked out for an attribute, while some others were being worked out. */
interface WorkedOut {
  readonly value: Value;
  /** The attributes that were asked for on the way. */
  readonly asked: ReadonlySet<string>;
  readonly going: ReadonlySet<string>;
}

/** By the worker, and by the attribute. */
const workedOut = new WeakMap<Worker, Map<string, WorkedOut[]>>();

/** What a worker's constructor sets an attribute to, by the statements of its body alone that set it; nothing where none does. */
export const attributeOf = (R: Reader, worker: Worker, name: string): Value => worked(R, worker, name, new Set()).value;

/** The same while others are being worked out; once for all that find those under way that it asks for. */
function worked(R: Reader, worker: Worker, name: string, going: ReadonlySet<string>): WorkedOut {
  let known = workedOut.get(worker);
  if (!known) workedOut.set(worker, (known = new Map()));
  const before = known.get(name) ?? [];
  const same = before.find((made) => [...made.asked].every((other) => made.going.has(other) === going.has(other)));
  if (same) return same;
  const made = workOut(R, worker, name, going);
  known.set(name, [...(known.get(name) ?? []), made]);
  return made;
}

function workOut(R: Reader, worker: Worker, name: string, going: ReadonlySet<string>): WorkedOut {
  const asked = new Set<string>();
  const statements = (worker.init.body as Node[]).filter((s) => sets(s, name));
  if (statements.length === 0) return { value: [], asked, going };
  const inside = new Set([...going, name]);
  const known = new Map<string, Value>();
  const self: InstanceAtom = {
    ...newInstance(worker.cls),
    lazy: (other) => {
      if (other.startsWith('__')) return undefined;
      asked.add(other);
      if (inside.has(other)) return undefined;
      if (!known.has(other)) {
        const made = worked(R, worker, other, inside);
        for (const one of made.asked) asked.add(one);
        known.set(other, made.value);
      }
      const value = known.get(other)!;
      return value.length > 0 ? value : one(opaque(`self.${other} of a worker`, worker.module));
    },
  };
  const frame = entryFrame(R, worker.module);
  const parameters = ((worker.init.args as Node).args as Node[]).map((p) => p.arg as string);
  for (const parameter of parameters)
    frame.scope.vars.set(parameter, one(opaque(`${parameter} of a worker`, worker.module)));
  frame.scope.vars.set('self', one(self));
  frame.scope.vars.set('vllm_config', one(worker.config));
  under(R, frame, YES, () => R.run(frame, statements));
  return { value: self.attrs.get(name) ?? one(UNBOUND), asked, going };
}

/** The attributes of the object that a statement sets, by the statement. */
const setBy = new WeakMap<Node, ReadonlySet<string>>();

/** Does a statement set an attribute of the object? */
function sets(statement: Node, name: string): boolean {
  let known = setBy.get(statement);
  if (known === undefined) {
    const found = new Set<string>();
    collectSet(statement, found);
    setBy.set(statement, (known = found));
  }
  return known.has(name);
}

function collectSet(n: unknown, found: Set<string>): void {
  if (Array.isArray(n)) for (const x of n) collectSet(x, found);
  if (!n || typeof n !== 'object' || Array.isArray(n)) return;
  const node = n as Node;
  const targets =
    node.nodeType === 'Assign'
      ? (node.targets as Node[])
      : node.nodeType === 'AnnAssign' && node.value
        ? [node.target as Node]
        : [];
  for (const t of targets)
    if (t.nodeType === 'Attribute' && (t.value as Node).id === 'self') found.add(t.attr as string);
  collectSet(Object.values(node), found);
}
