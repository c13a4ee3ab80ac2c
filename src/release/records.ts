/* oxlint-disable max-lines -- one way to make an input for every annotation */
/**
 * Records of the question: objects of vLLM's own configuration classes whose fields are inputs. A field's input has the
 * name of its path and the type of its annotation; nothing about a field is written here.
 */
import {
  oldInstance,
  boolean,
  builtinClass,
  choiceInput,
  choose,
  dataFields,
  dict,
  findInClass,
  flagCond,
  flagInput,
  fresh,
  int,
  kindInput,
  moduleAttr,
  native,
  NONE,
  note,
  one,
  opaque,
  str,
  text,
  tuple,
  union,
} from '../python/index.ts';
import { NO } from '../rules/index.ts';
import type { Args, Atom, ClassAtom, FuncAtom, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import type { Cond, Kind } from '../rules/index.ts';
import { jsonDict, jsonList, JSON_KINDS, jsonValue } from './json.ts';
import { dtypeInput } from './outside.ts';

const records = new WeakMap<Reader, Map<string, InstanceAtom>>();

/** An object of a class of the tree whose fields are inputs named `path.field`, made when asked for. */
export function record(R: Reader, cls: ClassAtom, path: string): InstanceAtom {
  let table = records.get(R);
  if (!table) records.set(R, (table = new Map()));
  const known = table.get(path);
  if (known) return known;
  const made: InstanceAtom = {
    ...oldInstance(cls),
    lazy: (name) => field(R, cls, path, name),
    lazyFirst: FACTS.has(path),
  };
  table.set(path, made);
  return made;
}

/** Records whose methods and properties are facts too: what they compute is another part of the rules. */
const FACTS = new Set(['model_config', 'draft.model_config']);

/** The current configuration; None while vLLM has not set one is not modelled: selection runs with one. */
export function vllmConfig(R: Reader, name: string): Value | undefined {
  const module = name.slice(0, name.lastIndexOf('.'));
  const scope = R.modules.get(module);
  const cls = scope && moduleAttr(R, scope, 'VllmConfig')?.[0]?.v;
  return cls?.k === 'class' ? one(record(R, cls, '')) : undefined;
}

/** Fields whose value at selection time is not what their annotation says. */
const OVERRIDES: Readonly<Record<string, (R: Reader) => Value>> = {
  'model_config.dtype': (R) => dtypeInput(R, 'model_config.dtype'),
  'draft.model_config.dtype': (R) => dtypeInput(R, 'draft.model_config.dtype'),
  'model_config.hf_text_config': (R) => one(jsonRecord(R, 'hf_text_config')),
  'model_config.hf_config': (R) => one(jsonRecord(R, 'hf_text_config')),
  'draft.model_config.hf_text_config': (R) => one(jsonRecord(R, 'draft.hf_text_config')),
  'draft.model_config.hf_config': (R) => one(jsonRecord(R, 'draft.hf')),
  // no layer has been built when the first one asks
  'compilation_config.static_forward_context': () => one(dict([])),
};

/** Fields whose facts go by names of their own. */
const RENAMED: Readonly<Record<string, string>> = {
  'speculative_config.draft_model_config': 'draft.model_config',
  'speculative_config.draft_parallel_config': 'draft.parallel_config',
};

function field(R: Reader, cls: ClassAtom, base: string, name: string): Value | undefined {
  if (name.startsWith('__')) return undefined;
  const path = base ? `${base}.${name}` : name;
  const override = OVERRIDES[path];
  if (override) return override(R);
  const f = dataFields(R, cls).find((x) => x.name === name);
  if (f) return typed(R, f.node.annotation as Node, f.owner, RENAMED[path] ?? path);
  if (!FACTS.has(base)) return undefined;
  const found = findInClass(R, cls, name);
  const v = found?.value[0]?.v;
  if (v?.k === 'property' || v?.k === 'cachedproperty') return returned(R, v.fn[0]!.v, cls, path);
  if (v?.k === 'func' && givesField(R, v, cls)) return undefined;
  if (v?.k === 'func') return one(native(name, () => returned(R, v, cls, path) ?? one(opaque(`${path}()`, ''))));
  if (found) return undefined;
  return assignedInput(R, cls, path, name);
}

/** Does a method give a field of its object as it is, or raise? What it says is then no fact beside the field. */
function givesField(R: Reader, fn: FuncAtom, cls: ClassAtom): boolean {
  const body = (fn.node.body as Node[]).filter((s) => s.nodeType !== 'Expr');
  const last = body.pop();
  const given = last?.nodeType === 'Return' ? (last.value as Node | null) : undefined;
  if (!given || !dataFields(R, cls).some(({ name }) => isOwn(name)(given))) return false;
  return body.every((s) => s.nodeType === 'If' && (s.body as Node[]).every((inner) => inner.nodeType === 'Raise'));
}

/**
 * The input of a field of a class, or of what its own methods set on `self`; undefined for what its body defines otherwise.
 */
export function fieldInput(R: Reader, cls: ClassAtom, base: string, name: string): Value | undefined {
  if (name.startsWith('__')) return undefined;
  const f = dataFields(R, cls).find((x) => x.name === name);
  if (f) return typed(R, f.node.annotation as Node, f.owner, `${base}.${name}`);
  return findInClass(R, cls, name) ? undefined : assignedInput(R, cls, `${base}.${name}`, name);
}

function assignedInput(R: Reader, cls: ClassAtom, path: string, name: string): Value | undefined {
  const assigned = assignmentTo(cls, name);
  if (!assigned) return undefined;
  return assigned.annotation
    ? typed(R, assigned.annotation, assigned.owner, path)
    : kindInput(R, path, ['none', 'false', 'true', 'int', 'float', 'str']);
}

/** Does a method of a class or of one of its bases set `self.name`? */
export const isAssigned = (cls: ClassAtom, name: string): boolean => assignmentTo(cls, name) !== undefined;

/**
 * The input of an attribute that the constructor sets whatever happens: of the type of the parameter that it is set to, or
 * anything that is there; undefined where that is not sure.
 */
export function madeInput(R: Reader, cls: ClassAtom, path: string, name: string): Value | undefined {
  for (const c of cls.mro)
    for (const s of c.scope?.body ?? []) {
      if (s.nodeType !== 'FunctionDef' || s.name !== '__init__') continue;
      const set = (s.body as Node[]).find((n) => n.nodeType === 'Assign' && (n.targets as Node[]).some(isOwn(name)));
      if (!set) continue;
      const to = set.value as Node;
      const given = ((s.args as Node).args as Node[]).find((a) => to.nodeType === 'Name' && a.arg === to.id);
      if (given?.annotation) return typed(R, given.annotation as Node, c, path);
      return jsonValue(
        R,
        path,
        JSON_KINDS.filter((k) => k !== 'missing'),
      );
    }
  return undefined;
}

/** Is this the attribute `name` of `self`? */
const isOwn =
  (name: string) =>
  (t: Node): boolean =>
    t.nodeType === 'Attribute' &&
    t.attr === name &&
    (t.value as Node).nodeType === 'Name' &&
    (t.value as Node).id === 'self';

/**
 * What a class outside the tree that derives from `cls` gives for an attribute: of the type that the base's annotation
 * names, since the class may do it in a way of its own. Undefined where the base does not have it or does not say its type.
 */
export function memberOutside(R: Reader, cls: ClassAtom, name: string, path: string): Value | undefined {
  const v = findInClass(R, cls, name)?.value[0]?.v;
  if (v?.k === 'property') return v.fn[0] && returned(R, v.fn[0].v, cls, path);
  const fn = v?.k === 'classmethod' || v?.k === 'staticmethod' ? v.fn[0]?.v : v;
  const given = fn && returned(R, fn, cls, path);
  return given && one(native(name, () => given));
}

/** Where a class's own methods set `self.name`, with the annotation if there is one; undefined where none does. */
function assignmentTo(
  cls: ClassAtom,
  name: string,
): { readonly owner: ClassAtom; readonly annotation: Node | undefined } | undefined {
  let found: { owner: ClassAtom; annotation: Node | undefined } | undefined;
  const isIt = isOwn(name);
  const look = (n: unknown, owner: ClassAtom): void => {
    if (Array.isArray(n)) return n.forEach((x) => look(x, owner));
    if (!n || typeof n !== 'object') return;
    const node = n as Node;
    if (node.nodeType === 'Assign' && (node.targets as Node[]).some(isIt)) found ??= { owner, annotation: undefined };
    if (node.nodeType === 'AnnAssign' && isIt(node.target as Node))
      found = { owner, annotation: node.annotation as Node };
    for (const key of ['body', 'orelse', 'finalbody', 'handlers']) look(node[key], owner);
  };
  for (const c of cls.mro) for (const s of c.scope?.body ?? []) if (s.nodeType === 'FunctionDef') look(s.body, c);
  return found;
}

function returned(R: Reader, fn: Atom, cls: ClassAtom, path: string): Value | undefined {
  if (fn.k !== 'func' || !fn.node.returns) return undefined;
  return typed(R, fn.node.returns as Node, fn.owner ?? cls, path);
}

/** What a plain value can be. */
const PLAIN: readonly Kind[] = ['none', 'false', 'true', 'int', 'float', 'str'];

/** Whether it is `typing.Any`. */
const isAny = (cls: ClassAtom): boolean => cls.name === 'Any' && cls.scope === undefined;

/** An input of the type that an annotation names. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form of annotation
export function typed(R: Reader, ann: Node, owner: ClassAtom, path: string): Value {
  const kinds = new Set<Kind>();
  const labels: { label: string | number; atom: Atom }[] = [];
  const classes: ClassAtom[] = [];
  let unknown = '';
  let dictOf: Node | undefined;
  let dictOwner = owner;
  let listOf: Node | undefined;
  let parts: readonly Node[] | undefined;
  let isDict: true | undefined;
  // oxlint-disable-next-line max-lines-per-function -- one arm for every form of annotation
  const add = (n: Node): void => {
    switch (n.nodeType) {
      case 'Constant':
        if (n.value === null || n.value === undefined) kinds.add('none');
        else if (typeof n.value === 'string') add(parseAnnotation(n.value));
        return;
      case 'BinOp':
        add(n.left as Node);
        add(n.right as Node);
        return;
      case 'Subscript': {
        const head = ((n.value as Node).id ?? (n.value as Node).attr) as string;
        const args = (n.slice as Node).nodeType === 'Tuple' ? ((n.slice as Node).elts as Node[]) : [n.slice as Node];
        if (head === 'Optional') {
          kinds.add('none');
          args.forEach(add);
        } else if (head === 'Union') args.forEach(add);
        else if (head === 'Annotated' || head === 'ClassVar' || head === 'SkipValidation') add(args[0]!);
        else if (head === 'Literal')
          for (const a of args) {
            if (typeof a.value === 'string') labels.push({ label: a.value, atom: str(a.value) });
            else if (typeof a.value === 'number') labels.push({ label: a.value, atom: int(a.value) });
            else if (a.value === null) kinds.add('none');
          }
        else if (head === 'dict' && args.length === 2) dictOf = args[1];
        else if (head === 'list' && args.length === 1) listOf = args[0];
        else if (head === 'tuple' && isOfAnyLength(args)) listOf = args[0];
        else if (head === 'tuple' && !args.some(isEllipsis)) parts = args;
        else unknown ||= head;
        return;
      }
      case 'Name':
      case 'Attribute': {
        const name = (n.id ?? n.attr) as string;
        const simple: Readonly<Record<string, readonly Kind[]>> = {
          bool: ['false', 'true'],
          int: ['int'],
          float: ['float'],
          str: ['str'],
          None: ['none'],
        };
        if (n.nodeType === 'Name' && simple[name]) {
          simple[name].forEach((k) => kinds.add(k));
          return;
        }
        if (n.nodeType === 'Name' && name === 'dict') {
          isDict = true;
          return;
        }
        addNamed(n, name);
        return;
      }
      default:
        unknown ||= n.nodeType;
    }
  };
  const addNamed = (n: Node, name: string): void => {
    const v = n.nodeType === 'Name' && owner.module ? moduleAttr(R, owner.module, name)?.[0]?.v : undefined;
    // a name that is a type to who checks types alone: what stands there is plain, as all that a question says
    if (v?.k === 'class' && isAny(v)) {
      if (name === 'Any') unknown ||= name;
      else for (const kind of PLAIN) kinds.add(kind);
    } else if (v?.k === 'class' && v.enumMembers)
      for (const m of v.enumMembers) labels.push({ label: m.member!, atom: m });
    else if (v?.k === 'class' && v.mro.includes(R.builtin('dict')![0]!.v as ClassAtom)) {
      // a class that is a dictionary holds what it says that one does
      dictOf = heldBy(v);
      if (dictOf) dictOwner = v;
      else isDict = true;
    } else if (v?.k === 'class') classes.push(v);
    else if (v?.k === 'instance' && v.attrs.has('__origin__')) {
      // an alias such as CacheDType = Literal[...]
      const args = v.attrs.get('__args__')![0]!.v;
      if (args.k === 'tuple')
        for (const x of flatten(args)) {
          if (x.k === 'str') labels.push({ label: x.s, atom: x });
          else if (x.k === 'int') labels.push({ label: x.n, atom: x });
          else unknown ||= name;
        }
    } else if (v?.k === 'outside' && v.name === 'torch.dtype')
      labels.push(...dtypeInput(R, path).map((a) => ({ label: (a.v as { name: string }).name.slice(6), atom: a.v })));
    else unknown ||= name;
  };
  add(ann);
  if (listOf && !dictOf && !unknown && !labels.length && !classes.length) {
    const made = jsonList(R, path, (at) => typed(R, listOf!, owner, at));
    return kinds.has('none') ? kindInput(R, path, ['none', 'list'], () => made) : one(made);
  }
  if (listOf) unknown ||= 'list';
  if (isDict && !dictOf && !parts && !unknown && !labels.length) {
    // an object of a class of somebody's own cannot be named on a command line
    if (classes.length > 0) note(R, 'assumed', `${path} is a dictionary`, path);
    const made = jsonDict(R, path);
    return kinds.has('none') ? kindInput(R, path, ['none', 'dict'], () => made) : one(made);
  }
  if (isDict) unknown ||= 'dict';
  if (parts && !kinds.size && !dictOf && !listOf && !unknown && !labels.length && !classes.length)
    return one(tuple(parts.map((n, i) => typed(R, n, owner, `${path}.${i}`))));
  if (parts) unknown ||= 'tuple';
  if (dictOf && !unknown && !labels.length && !classes.length) {
    const made = isAnything(dictOf) ? jsonDict(R, path) : mapping(R, dictOf, dictOwner, path);
    return kinds.has('none') ? kindInput(R, path, ['none', 'dict'], () => made) : one(made);
  }
  if (dictOf) unknown ||= 'dict';
  return assemble(R, path, kinds, labels, classes, unknown);
}

/** Of what the values of a class are that derives from `dict[K, V]`. */
const heldBy = (cls: ClassAtom): Node | undefined =>
  ((cls.node?.bases ?? []) as Node[]).flatMap((base) => {
    const args = base.nodeType === 'Subscript' && (base.value as Node).id === 'dict' ? (base.slice as Node) : undefined;
    return args?.nodeType === 'Tuple' ? (args.elts as Node[]).slice(1, 2) : [];
  })[0];

/** `Any`: what stands there is any JSON. */
const isAnything = (n: Node): boolean => n.nodeType === 'Name' && n.id === 'Any';

const isEllipsis = (n: Node): boolean => n.nodeType === 'Constant' && n.value === '...';

/** `tuple[T, ...]`: of any length. */
const isOfAnyLength = (args: readonly Node[]): boolean => args.length === 2 && isEllipsis(args[1]!);

/** The values of a Literal, also of Literals inside it. */
function flatten(args: Extract<Atom, { k: 'tuple' }>): Atom[] {
  return args.items.flatMap((i) => {
    const x = i[0]!.v;
    const inner = x.k === 'instance' ? x.attrs.get('__args__')?.[0]?.v : undefined;
    return inner?.k === 'tuple' ? flatten(inner) : [x];
  });
}

function assemble(
  R: Reader,
  path: string,
  kinds: ReadonlySet<Kind>,
  labels: readonly { label: string | number; atom: Atom }[],
  classes: readonly ClassAtom[],
  unknown: string,
): Value {
  if (labels.length) {
    const seen = new Set<string | number>();
    const once = labels.filter((l) => !seen.has(l.label) && seen.add(l.label));
    const options: { label: string | number | null | boolean; atom: Atom }[] = kinds.has('none')
      ? [{ label: null, atom: NONE }, ...once]
      : once;
    // a literal beside `str`: any other text is possible too
    return choiceInput(
      R,
      path,
      options,
      kinds.has('str') ? text([{ p: 'expr', e: { op: 'input', name: path } }]) : undefined,
    );
  }
  if (classes.length === 1 && !unknown) {
    const made = record(R, classes[0]!, path);
    if (!kinds.has('none')) return one(made);
    return kindInput(R, path, ['none', 'dict'], () => made);
  }
  if (unknown && kinds.size <= 1) {
    const other = opaque(`the value of ${path} (${unknown})`, path);
    return kinds.has('none') ? kindInput(R, path, ['none', 'dict'], () => other) : one(other);
  }
  if (unknown || classes.length) note(R, 'assumed', `${path} is of a simple type`, path);
  const order: readonly Kind[] = ['none', 'false', 'true', 'int', 'float', 'str'];
  const own = order.filter((k) => kinds.has(k));
  return union(R.d, kindInput(R, path, own));
}

function parseAnnotation(text: string): Node {
  // forward references are names or simple unions
  const parts = text.split('|').map((p) => p.trim());
  const node = (p: string): Node =>
    p === 'None' ? { nodeType: 'Constant', value: null } : { nodeType: 'Name', id: p };
  return parts.slice(1).reduce<Node>((left, p) => ({ nodeType: 'BinOp', left, right: node(p) }), node(parts[0]!));
}

/**
 * A dictionary of the question, asked key by key: the value at `k` is the input `path.k`, missing or of the value's type.
 * Whether it holds anything at all is the input `path.?`.
 */
function mapping(R: Reader, of: Node, owner: ClassAtom, path: string): InstanceAtom {
  const dictClass = R.builtin('dict')![0]!.v as ClassAtom;
  const cls = builtinClass('dict', dictClass, 'builtins');
  const made: InstanceAtom = oldInstance(cls);
  const method = (name: string, work: (args: Args) => Value): void => void cls.attrs.set(name, one(native(name, work)));
  let updated = false;
  const at = (key: Atom): { there: Cond; value: Value } => {
    if (updated)
      return {
        there: R.book.opaque(`${path} after it was updated`, path),
        value: one(opaque(`${path} after it was updated`, path)),
      };
    if (key.k !== 'str') return { there: NO, value: one(opaque(`${path} at an uncertain key`, path)) };
    return { there: flagCond(R, `${path}.${key.s}?`), value: typed(R, of, owner, `${path}.${key.s}`) };
  };
  const each = (keys: Value, work: (key: Atom) => Value): Value =>
    union(
      R.d,
      keys.flatMap((k) => work(k.v).map((a) => ({ g: R.d.and(k.g, a.g), v: a.v }))),
    );
  const get = (args: Args): Value =>
    each(args.pos[0]!, (k) => {
      const { there, value } = at(k);
      return choose(R.d, there, value, args.pos[1] ?? one(NONE));
    });
  method('get', get);
  method('__contains__', (args) => each(args.pos[0]!, (k) => boolean(R.d, at(k).there)));
  method('__getitem__', (args) => each(args.pos[0]!, (k) => at(k).value));
  for (const name of ['update', '__setitem__', 'setdefault', 'pop', 'clear'])
    method(name, () => {
      updated = true;
      return one(NONE);
    });
  method('__bool__', () => flagInput(R, `${path}.?`));
  for (const name of ['items', 'keys', 'values', '__iter__', '__len__'])
    method(name, () => one(opaque(`all of ${path}`, path)));
  return made;
}

const makeText = (name: string): Value => one(text([{ p: 'expr', e: { op: 'input', name } }]));

/** A list or an object inside a config.json: it is no number and no text; what it holds is asked nowhere yet. */
function container(R: Reader, kind: Kind, path: string): Atom {
  const base = R.builtin(kind)?.[0]?.v as ClassAtom | undefined;
  if (!base) return opaque(`${path} is a ${kind}`, path);
  const cls = builtinClass(kind, base, 'builtins');
  for (const name of ['__iter__', '__len__', '__getitem__', '__contains__', 'get', 'items', 'keys', 'values'])
    cls.attrs.set(name, one(native(name, () => one(opaque(`${name} of ${path}`, path)))));
  cls.attrs.set('__bool__', one(native('__bool__', () => flagInput(R, `${path}.?`))));
  // how Python prints it, as an input of its own
  const shown = makeText(`${path}.repr`);
  return { id: fresh(), k: 'instance', cls, printed: shown, attrs: new Map(), version: 0 };
}

const ANY_KIND: readonly Kind[] = ['missing', 'none', 'false', 'true', 'int', 'float', 'str', 'list', 'dict'];

/** An object whose every attribute may or may not be there: the fields of a config.json. */
export function jsonRecord(R: Reader, path: string): InstanceAtom {
  let table = records.get(R);
  if (!table) records.set(R, (table = new Map()));
  const known = table.get(`json ${path}`);
  if (known) return known;
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const made: InstanceAtom = {
    id: fresh(),
    k: 'instance',
    cls: {
      ...object,
      id: fresh(),
      name: 'PretrainedConfig',
      qualname: 'PretrainedConfig',
      attrs: new Map(),
      bases: [object],
      mro: [],
    },
    attrs: new Map(),
    version: 0,
    typeText: kindInput(R, `${path}.__class__`, ['str']),
    lazy: (name) =>
      name.startsWith('__')
        ? undefined
        : kindInput(R, `${path}.${name}`, ANY_KIND, (k) => container(R, k, `${path}.${name}`)),
  };
  (made.cls as { mro: readonly ClassAtom[] }).mro = [made.cls, object];
  table.set(`json ${path}`, made);
  return made;
}
