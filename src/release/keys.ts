/**
 * Of which kinds the keys of a model's config are, as the release itself declares them: in the annotations and defaults
 * of its own config classes, and in the defaults with which its models ask for a key. A value of another kind is unknown.
 */
import { moduleScope } from '../python/index.ts';
import type { Node, Reader } from '../python/index.ts';
import { textOf } from '../rules/index.ts';
import type { Kind } from '../rules/index.ts';
import type { Tree } from './tree.ts';

const CLASSES = 'vllm/transformers_utils/configs';
const MODELS = ['vllm/model_executor/models', 'vllm/models'];

export interface KeyKinds {
  /** Of a key's value. */
  readonly of: ReadonlyMap<string, readonly Kind[]>;
  /** Of the items of a key's list. */
  readonly items: ReadonlyMap<string, readonly Kind[]>;
  /** The methods of the release's own config classes, each with the classes that have it: their modules and names. */
  readonly methods: ReadonlyMap<string, readonly (readonly [module: string, cls: string])[]>;
}

const known = new WeakMap<Tree, KeyKinds>();

/** The kinds of every key that the release says something of. */
// oxlint-disable-next-line max-lines-per-function -- one place for every way in which a release says of a key
export function keyKinds(R: Reader, tree: Tree): KeyKinds {
  const old = known.get(tree);
  if (old) return old;
  const said = new Map<string, Set<Kind>>();
  const ofItems = new Map<string, Set<Kind>>();
  const sayIn = (table: Map<string, Set<Kind>>, key: string, kinds: readonly Kind[]): void => {
    let set = table.get(key);
    if (!set) table.set(key, (set = new Set()));
    for (const k of kinds) set.add(k);
  };
  const methods = new Map<string, (readonly [module: string, cls: string])[]>();
  const scaled = new Set<string>();
  const compared = new Set<string>();
  const say: Say = (key, kinds, annotation) => {
    sayIn(said, key, kinds);
    if (annotation) sayIn(ofItems, key, itemsOf(annotation));
  };
  for (const path of tree.list(CLASSES)) {
    if (!path.endsWith('.py')) continue;
    const name = path
      .replace(/\.py$/, '')
      .replace(/\/__init__$/, '')
      .replaceAll('/', '.');
    for (const s of moduleScope(R, name)?.body ?? []) {
      if (s.nodeType !== 'ClassDef') continue;
      ofClass(s, say);
      for (const method of methodsIn(s))
        methods.set(method, [...(methods.get(method) ?? []), [name, s.name as string]]);
    }
  }
  for (const folder of MODELS)
    for (const path of tree.list(folder)) {
      const text = tree.read(path) ?? '';
      for (const m of text.matchAll(ASKED)) say(m[1]!, ofLiteral(m[2]!));
      for (const m of text.matchAll(SCALED)) scaled.add(m[1]!);
      for (const use of COUNTED) for (const m of text.matchAll(use)) say(m[1]!, ['int']);
      for (const m of text.matchAll(COMPARED)) compared.add(m[1]!);
      const texts = new Set([...text.matchAll(SOUGHT_IN)].map((m) => m[1]!));
      for (const m of text.matchAll(INDEXED)) say(m[1]!, texts.has(m[1]!) ? ['str'] : ['list', 'dict']);
    }
  for (const key of scaled) say(key, said.get(key)?.has('int') === true ? ['int'] : ['int', 'float']);
  for (const key of compared) if (said.get(key)?.has('str') === true) say(key, ['none']);
  const out = new Map<string, readonly Kind[]>();
  // a key that is only ever said to be absent or None can be anything
  for (const [key, set] of said)
    if ([...set].some((k) => k !== 'none'))
      out.set(
        key,
        ORDER.filter((k) => k === 'missing' || set.has(k)),
      );
  const items = new Map([...ofItems].filter(([, set]) => set.size > 0).map(([key, set]) => [key, [...set]] as const));
  const made: KeyKinds = { of: out, items, methods };
  known.set(tree, made);
  return made;
}

const ORDER: readonly Kind[] = ['missing', 'none', 'false', 'true', 'int', 'float', 'str', 'list', 'dict', 'object'];

/** `getattr(config, "key", default)`. */
const ASKED = /getattr\(\s*[\w.]*(?:config|cfg)[\w.]*,\s*["'](\w+)["'],\s*([^(),]+?),?\s*\)/g;

/** A key that is counted with: beside an arithmetic operator, or the bound of a range. */
const COUNTED = [
  /\b(?:\w*config|cfg)\.(\w+)\s*(?:\/\/|%|-\s|\*(?!\*)|\+\s)/g,
  /(?:\/\/|%| - | \+ |(?<!(?<![\w.])[a-z_]\w*) \* )\s*(?:self\.)?(?:\w*config|cfg)\.(\w+)\b(?![.([])/g,
  /range\((?:self\.)?(?:\w*config|cfg)\.(\w+)\)/g,
];

/** A key by which what a variable holds is multiplied, of which nothing else is said: a number of either kind. */
const SCALED = /(?<![\w.])[a-z_]\w* \* \s*(?:self\.)?(?:\w*config|cfg)\.(\w+)\b(?![.([])/g;

/** A key that is compared with a text: what holds none may hold None. */
const COMPARED = /\b(?:\w*config|cfg)\.(\w+)\s*[=!]=\s*["']/g;

/** A key of which an item is taken, or in which one is looked for. */
const INDEXED = /(?:\b(?:\w*config|cfg)\.(?=\w+\[)|\bin (?:self\.)?(?:\w*config|cfg)\.(?=\w+\b(?![.(])))(\w+)/g;

/** A key in whose value a single character is looked for: of a text, not of a list. */
const SOUGHT_IN = /["'][^"'\n]["'] in (?:self\.)?(?:\w*config|cfg)\.(\w+)\b(?![.(])/g;

type Say = (key: string, kinds: readonly Kind[], annotation?: Node) => void;

/** What the lists of an annotation hold. */
function itemsOf(n: Node): readonly Kind[] {
  if (n.nodeType === 'BinOp') return [...itemsOf(n.left as Node), ...itemsOf(n.right as Node)];
  if (n.nodeType !== 'Subscript') return [];
  const head = ((n.value as Node).id ?? (n.value as Node).attr) as string;
  const args = (n.slice as Node).nodeType === 'Tuple' ? ((n.slice as Node).elts as Node[]) : [n.slice as Node];
  if (head === 'Optional' || head === 'Union') return args.flatMap(itemsOf);
  return ['list', 'List', 'Sequence'].includes(head) ? args.flatMap(ofAnnotation) : [];
}

/** The methods that a class says itself and that anybody may call on its objects; one that it has from another class is none. */
const methodsIn = (cls: Node): readonly string[] =>
  (cls.body as Node[]).flatMap((s) => {
    const isOwn = s.nodeType === 'FunctionDef' && !(s.name as string).startsWith('_');
    return isOwn && (s.decorator_list as Node[]).length === 0 && !goesOn(s) ? [s.name as string] : [];
  });

/** Does a method call the one that it stands in the place of, `super().<name>`? */
const goesOn = (method: Node): boolean =>
  JSON.stringify(method.body, (key, value: unknown) => (key === 'parent' ? undefined : value)).includes(`"id":"super"`);

function ofClass(cls: Node, say: Say): void {
  for (const s of cls.body as Node[]) {
    if (s.nodeType === 'AnnAssign' && (s.target as Node).nodeType === 'Name')
      say(
        (s.target as Node).id as string,
        [...ofAnnotation(s.annotation as Node), ...ofNode(s.value as Node | undefined)],
        s.annotation as Node,
      );
    if (s.nodeType !== 'FunctionDef' || s.name !== '__init__') continue;
    const a = s.args as Node;
    const names = a.args as Node[];
    const defaults = a.defaults as Node[];
    names.forEach((p, i) =>
      say(
        p.arg as string,
        [...ofAnnotation(p.annotation as Node | undefined), ...ofNode(defaults[i - names.length + defaults.length])],
        p.annotation as Node | undefined,
      ),
    );
    (a.kwonlyargs as Node[]).forEach((p, i) =>
      say(
        p.arg as string,
        [...ofAnnotation(p.annotation as Node | undefined), ...ofNode((a.kw_defaults as (Node | undefined)[])[i])],
        p.annotation as Node | undefined,
      ),
    );
  }
}

const NAMED: Readonly<Record<string, readonly Kind[]>> = {
  int: ['int'],
  float: ['int', 'float'],
  bool: ['false', 'true'],
  str: ['str'],
  list: ['list'],
  List: ['list'],
  tuple: ['list'],
  Sequence: ['list'],
  dict: ['dict'],
  Dict: ['dict'],
};

function ofAnnotation(n: Node | undefined): readonly Kind[] {
  if (!n) return [];
  switch (n.nodeType) {
    case 'Constant':
      return n.value === null || n.value === undefined ? ['none'] : [];
    case 'BinOp':
      return [...ofAnnotation(n.left as Node), ...ofAnnotation(n.right as Node)];
    case 'Name':
      return NAMED[n.id as string] ?? ((n.id as string).endsWith('Config') ? ['dict', 'object'] : ['dict']);
    case 'Subscript': {
      const head = ((n.value as Node).id ?? (n.value as Node).attr) as string;
      const args = (n.slice as Node).nodeType === 'Tuple' ? ((n.slice as Node).elts as Node[]) : [n.slice as Node];
      if (head === 'Optional') return ['none', ...args.flatMap(ofAnnotation)];
      if (head === 'Union') return args.flatMap(ofAnnotation);
      if (head === 'Literal') return ['str'];
      return NAMED[head] ?? [];
    }
    default:
      return [];
  }
}

function ofNode(n: Node | undefined): readonly Kind[] {
  if (n?.nodeType === 'List' || n?.nodeType === 'Tuple') return ['list'];
  if (n?.nodeType === 'Dict') return ['dict'];
  if (n?.nodeType !== 'Constant') return [];
  const v: unknown = n.value;
  return ofLiteral(
    typeof v === 'string'
      ? `"${v}"`
      : v === null || v === undefined
        ? 'None'
        : v === true
          ? 'True'
          : v === false
            ? 'False'
            : textOf(v),
  );
}

function ofLiteral(text: string): readonly Kind[] {
  const t = text.trim();
  if (t === 'None') return ['none'];
  if (t === 'True' || t === 'False') return ['false', 'true'];
  if (/^-?\d+$/.test(t)) return ['int'];
  if (/^-?[\d.]+(e-?\d+)?$/.test(t)) return ['int', 'float'];
  if (/^["']/.test(t)) return ['str'];
  return [];
}
