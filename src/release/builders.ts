/**
 * What the metadata builder of a backend settles when a worker makes it, once for all batches: up to how many tokens a query
 * counts as a decode, which kernels run, what it raises. And what it settles for every batch anew, as conditions
 * over the batch.
 */
import {
  dict,
  entryFrame,
  findInClass,
  kindInput,
  list,
  nameIn,
  newInstance,
  one,
  opaque,
  outside,
  str,
} from '../python/index.ts';
import type { Atom, ClassAtom, Event, Frame, FuncAtom, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Place, Shipper, Term } from '../rules/index.ts';
import { makeImplementation } from './implementations.ts';
import { amongLayers } from './layersbyname.ts';
import { record } from './records.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';

const plain = plainTerm();

/** A backend, and the KV cache that its layers have. */
export interface BuilderOf {
  readonly name: string;
  readonly cls: ClassAtom;
  readonly spec: (frame: Frame) => Value;
  /** What the selection is asked with for such a layer. */
  readonly call: ReadonlyMap<string, Value>;
}

/** The attribute that says how long a query may be to count as a decode. */
const THRESHOLD = 'reorder_batch_threshold';

/** Does a name of the builder say which kernel runs? */
const saysKernel = (name: string): boolean =>
  !name.startsWith('_') &&
  (/(?:^|_)(?:kernel|backend)(?:_|$)/.test(name) ||
    (/(?:^|_)(?:decode|prefill)(?:_|$)/.test(name) && /(?:^|_)(?:use|with)_/.test(name)));

/** Adds `builder.<name>` for a backend: nothing where it has no builder, or one of several. */
export function shipBuilder(R: Reader, ship: Shipper, config: InstanceAtom, of: BuilderOf): void {
  const frame = entryFrame(R, of.cls.modname);
  const classes = called(R, frame, of.cls, 'get_builder_cls');
  const cls = classes.length === 1 ? classes[0]!.v : undefined;
  if (cls?.k !== 'class') return;
  const spec = of.spec(entryFrame(R, of.cls.modname));
  const made = entryFrame(R, of.cls.modname);
  const self = withLayer(R, frame, config, of, () => make(R, made, cls, spec, config));
  const settings = [...self.attrs].filter(([name, value]) => saysKernel(name) && value.every(isPlain));
  const aside = entryFrame(R, of.cls.modname);
  ship.add(`builder.${of.name}`, {
    record: {
      class: `${cls.modname}.${cls.qualname}`,
      threshold: row(ship, cls, THRESHOLD, R.getAttr(aside, one(self), THRESHOLD)),
      settles: { list: settings.map(([name, value]) => [YES, row(ship, cls, name, value)] as const) },
      batches: { list: batches(R, ship, cls, self).map((one) => [YES, one] as const) },
      events: eventsTerm(R, made, ship, raisedBy(cls, made.trace)),
    },
  });
}

const called = (R: Reader, frame: Frame, v: Atom, name: string): Value => {
  const method = R.attrOf(frame, v, name);
  return method ? R.call(frame, method, { pos: [], kw: new Map() }) : [];
};

/** The name under which one layer stands for all of its group. */
const LAYER_NAME = 'a layer';
const LAYER = ['vllm.model_executor.layers.attention_layer_base', 'AttentionLayerBase'] as const;

/** Does something while the configuration has one layer of this backend. */
function withLayer<T>(R: Reader, frame: Frame, config: InstanceAtom, of: BuilderOf, work: () => T): T {
  const base = nameIn(R, ...LAYER)?.[0]?.v;
  const impl = makeImplementation(R, entryFrame(R, of.cls.modname), of);
  if (base?.k !== 'class' || !impl) return work();
  const layer = newInstance(base);
  layer.attrs.set('impl', one(impl));
  return amongLayers(R, frame, one(config), one(dict([{ key: str(LAYER_NAME), g: YES, v: one(layer) }])), work);
}

/** A builder, made as a worker makes it. */
function make(R: Reader, frame: Frame, cls: ClassAtom, spec: Value, config: InstanceAtom): InstanceAtom {
  const self = newInstance(cls);
  const init = R.attrOf(frame, self, '__init__');
  const names = one(list([{ g: YES, v: one(str(LAYER_NAME)) }]));
  if (init) R.call(frame, init, { pos: [spec, names, one(config), one(outside('torch.device'))], kw: new Map() });
  return self;
}

const isPlain = ({ v }: { readonly v: Atom }): boolean =>
  ['none', 'bool', 'int', 'str', 'unbound'].includes(v.k) ||
  (v.k === 'instance' && v.member !== undefined) ||
  (v.k === 'outside' && v.constant);

/** A setting with its name, its value and where it is set. */
function row(ship: Shipper, cls: ClassAtom, name: string, value: Value, at = placeIn(cls, name)): Term {
  return {
    record: {
      name,
      value: termOf(value, plain),
      ...(at === undefined ? {} : { places: { list: [[YES, 'place', [ship.place(at)]] as const] } }),
    },
  };
}

/** Is this an error that a statement raises and that says something? */
const tells = ({ explicit, exc }: Extract<Event, { kind: 'raise' }>): boolean => {
  const [said] = exc.attrs.get('args') ?? [];
  return explicit === true && said?.v.k === 'tuple' && said.v.items.length > 0;
};

/** The errors that code of the builder's own classes raises, and not the interpreter nor others meanwhile. */
function raisedBy(cls: ClassAtom, events: readonly Event[]): readonly Event[] {
  const own = new Set(cls.mro.flatMap((c) => c.module?.path ?? []));
  const raised = (of: readonly Event[]): readonly Event[] =>
    of.flatMap((e): Event[] => {
      if (e.kind === 'seen' || e.kind === 'log') return [];
      if (e.kind === 'raise') return own.has(e.place.slice(0, e.place.lastIndexOf(':'))) && tells(e) ? [e] : [];
      const trace = raised(e.trace);
      return trace.length > 0 ? [{ ...e, trace }] : [];
    });
  return raised(events);
}

/** Where a class or one of its bases sets an attribute of its own: in its constructor, or for all objects. */
function placeIn(cls: ClassAtom, name: string): Place | undefined {
  for (const c of cls.mro) {
    const body = c.scope?.body ?? [];
    const at = [...body.filter(isConstructor).flatMap((fn) => setting(fn.body, name)), ...plainly(body, name)][0];
    if (at !== undefined && c.module) return `${c.module.path}:${at}`;
  }
  return undefined;
}

const isConstructor = (n: Node): boolean => n.nodeType === 'FunctionDef' && n.name === '__init__';

/** The lines at which statements set `self.<name>`, or call the method that does. */
function setting(n: unknown, name: string): number[] {
  if (Array.isArray(n)) return n.flatMap((x) => setting(x, name));
  if (!n || typeof n !== 'object') return [];
  const node = n as Node;
  const targets = targetsOf(node);
  const fn =
    node.nodeType === 'Expr' && (node.value as Node).nodeType === 'Call' && ((node.value as Node).func as Node);
  const sets =
    (['Assign', 'AnnAssign'].includes(node.nodeType) && node.value && targets.some((t) => t.attr === name)) ||
    (fn && fn.attr === `_init_${name}`);
  const own = sets ? [Number(node.lineno)] : [];
  return [...own, ...['body', 'orelse', 'finalbody', 'handlers'].flatMap((key) => setting(node[key], name))];
}

/** What a statement sets; the parts of a tuple each by itself. */
const targetsOf = (s: Node): readonly Node[] =>
  ((s.nodeType === 'Assign' ? s.targets : s.target ? [s.target] : []) as readonly Node[]).flatMap((t) =>
    t.nodeType === 'Tuple' ? (t.elts as readonly Node[]) : [t],
  );

const plainly = (body: readonly Node[], name: string): number[] =>
  body.flatMap((s) => {
    return ['Assign', 'AnnAssign'].includes(s.nodeType) && targetsOf(s).some((t) => t.id === name)
      ? [Number(s.lineno)]
      : [];
  });

/** What `build` settles of the kernels for a batch, where it is a condition over what the batch says of itself. */
function batches(R: Reader, ship: Shipper, cls: ClassAtom, self: InstanceAtom): Term[] {
  const fn = findInClass(R, cls, 'build')?.value[0]?.v;
  if (fn?.k !== 'func') return [];
  const scene = batchScene(R, fn, self);
  const seen = new Set<string>();
  return (fn.node.body as readonly Node[]).flatMap((s) => {
    const name = assigned(s);
    if (name === undefined || !saysKernel(name) || seen.has(name) || !isCondition(s.value as Node)) return [];
    seen.add(name);
    const value = scene(name);
    if (value.length === 0 || !value.every((a) => a.v.k === 'bool')) return [];
    return [row(ship, cls, name, value, `${fn.module.path}:${Number(s.lineno)}`)];
  });
}

const isCondition = ({ nodeType }: Node): boolean => ['BoolOp', 'UnaryOp', 'Compare', 'Call'].includes(nodeType);

/** The name that a statement sets, where it sets one name alone. */
function assigned(s: Node): string | undefined {
  const [target, ...others] = (
    s.nodeType === 'Assign' ? s.targets : s.nodeType === 'AnnAssign' ? [s.target] : []
  ) as Node[];
  return others.length === 0 && target?.nodeType === 'Name' && s.value ? (target.id as string) : undefined;
}

/** The value of a local name of `build`: worked out of the builder, or a fact of the batch. */
function batchScene(R: Reader, fn: FuncAtom, self: InstanceAtom): (name: string) => Value {
  const frame = entryFrame(R, fn.module.name);
  const statements = fn.node.body as readonly Node[];
  const params = (fn.node.args as Node).args as readonly Node[];
  const valueOf = (name: string): Value => {
    const known = frame.scope.vars.get(name);
    if (known) return known;
    const unread = one(opaque(`${name} of a batch`, fn.module.path));
    frame.scope.vars.set(name, unread);
    const own = statements.filter((s) => stores(s, name));
    const value =
      own.length > 0 && own.every((s) => sets(s, name)) ? worked(own, name) : batchFact(R, fn, params, name);
    // what cannot be worked out, since the interpreter would raise, is nothing that is known
    frame.scope.vars.set(name, value.length > 0 ? value : unread);
    return frame.scope.vars.get(name)!;
  };
  const worked = (own: readonly Node[], name: string): Value => {
    for (const read of namesIn(own)) if (read !== name && isLocal(fn, read)) valueOf(read);
    R.run(frame, own);
    return frame.scope.vars.get(name) ?? [];
  };
  frame.scope.vars.set('self', one(self));
  return valueOf;
}

/** A fact of the batch: what `build` is told of it, or a number that it counts. */
function batchFact(R: Reader, fn: FuncAtom, params: readonly Node[], name: string): Value {
  const type = params.find((p) => p.arg === name)?.annotation as Node | undefined;
  const cls = type?.nodeType === 'Name' ? nameIn(R, fn.module.name, type.id as string)?.[0]?.v : undefined;
  if (cls?.k === 'class') return one(record(R, cls, 'batch'));
  return COUNTS.test(name) || type?.id === 'int'
    ? kindInput(R, `batch.${name}`, ['int'])
    : one(opaque(`${name} of a batch`, fn.module.path));
}

const COUNTS = /^(?:num|max)_/;

/** Every name that an expression reads. */
function namesIn(n: unknown): string[] {
  if (Array.isArray(n)) return n.flatMap(namesIn);
  if (!n || typeof n !== 'object') return [];
  const node = n as Node;
  if (node.nodeType === 'Name') return [node.id as string];
  return Object.values(node).flatMap(namesIn);
}

/** Is a name set somewhere in these statements? */
function stores(n: unknown, name: string): boolean {
  if (Array.isArray(n)) return n.some((x) => stores(x, name));
  if (!n || typeof n !== 'object') return false;
  const node = n as Node;
  if (node.nodeType === 'Name') return node.id === name && (node.ctx as Node | undefined)?.nodeType === 'Store';
  return Object.values(node).some((x) => stores(x, name));
}

/** Does a statement set this name and nothing else, perhaps under a condition? */
function sets(s: Node, name: string): boolean {
  if (s.nodeType !== 'If') return assigned(s) === name;
  return [s.body, s.orelse].every((part) => (part as readonly Node[]).every((inner) => sets(inner, name)));
}

/** Is this a parameter of a function, or set somewhere in its body? */
const isLocal = (fn: FuncAtom, name: string): boolean =>
  ((fn.node.args as Node).args as readonly Node[]).some((p) => p.arg === name) || stores(fn.node.body, name);
