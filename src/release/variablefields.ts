/** Which fields of the configuration a release sets by variables of the environment: those by which a later one replaced them. */
import type { Node } from '../python/index.ts';
import { createModules } from './linenames.ts';
import { childrenOf, pathOf } from './linewalk.ts';
import type { Tree } from './tree.ts';

/** The folder of the configuration classes, and the class of the whole. */
const FOLDER = 'vllm/config';
const WHOLE = 'VllmConfig';
/** Only files that speak of a variable, or hold the whole, are looked at. */
const SPEAKS = new RegExp(`VLLM_|class ${WHOLE}\\b`);

/**
 * The field that each variable sets, as `attention_config.backend`: it stands beside the variable in a call of a method of its class,
 * or is assigned in a branch that is taken where the variable is set. A variable that stands beside several has none.
 */
export function readVariableFields(tree: Tree, names: readonly string[]): Readonly<Record<string, string>> {
  const known = new Set(names);
  const modules = createModules(tree, new Set());
  const classes = tree
    .list(FOLDER)
    .filter((file) => file.endsWith('.py'))
    .filter((file) => SPEAKS.test(tree.read(file) ?? ''))
    // the configuration itself is read elsewhere, and what is no Python is told there
    .flatMap((file) => classesIn(modules(file) ?? []));
  const whole = classes.find(({ name }) => name === WHOLE);
  const found = new Map<string, Set<string>>();
  for (const cls of classes) {
    const within = cls === whole ? '' : whole?.fields.find(([, types]) => types.has(cls.name))?.[0];
    if (within === undefined) continue;
    const fields = new Set(cls.fields.map(([field]) => field));
    for (const [variable, field] of pairsIn(cls.node, known, fields)) {
      const path = within === '' ? field : `${within}.${field}`;
      found.set(variable, (found.get(variable) ?? new Set()).add(path));
    }
  }
  const single = [...found].flatMap(([name, paths]) => (paths.size === 1 ? [[name, [...paths][0]!] as const] : []));
  return Object.fromEntries(single.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

interface Class {
  readonly node: Node;
  readonly name: string;
  /** Its fields, each with the names that stand in its type. */
  readonly fields: readonly (readonly [name: string, types: ReadonlySet<string>])[];
}

const classesIn = (body: readonly Node[]): Class[] =>
  body
    .filter(({ nodeType }) => nodeType === 'ClassDef')
    .map((node) => ({ node, name: String(node['name']), fields: fieldsOf(node) }));

function fieldsOf(cls: Node): Class['fields'] {
  return (cls['body'] as readonly Node[]).flatMap((statement) => {
    const target = statement['target'] as Node | undefined;
    if (statement.nodeType !== 'AnnAssign' || target?.nodeType !== 'Name') return [];
    return [[String(target['id']), namesIn(statement['annotation'] as Node)] as const];
  });
}

/** The names in an expression, and the words of its texts: a type may stand in quotes. */
function namesIn(node: Node): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (one: Node): void => {
    if (one.nodeType === 'Name') found.add(String(one['id']));
    for (const word of textIn(one)?.match(/\w+/g) ?? []) found.add(word);
    for (const child of childrenOf(one)) look(child);
  };
  look(node);
  return found;
}

const textIn = ({ nodeType, value }: Node): string | undefined =>
  nodeType === 'Constant' && typeof value === 'string' ? value : undefined;

/** Every variable with a field that stands beside it, below a node. */
function pairsIn(
  node: Node,
  variables: ReadonlySet<string>,
  fields: ReadonlySet<string>,
): (readonly [variable: string, field: string])[] {
  const below = childrenOf(node).flatMap((child) => pairsIn(child, variables, fields));
  const own = node.nodeType === 'Call' ? textsGiven(node) : [];
  const tested = node.nodeType === 'If' ? [...namesIn(node['test'] as Node)] : [];
  const [variable, ...others] = [...own, ...tested].filter((one) => variables.has(one));
  if (variable === undefined || others.length > 0) return below;
  const beside = node.nodeType === 'Call' ? own : assignedIn(node['body'] as readonly Node[]);
  const [field, ...more] = beside.filter((one) => fields.has(one));
  return field === undefined || more.length > 0 ? below : [...below, [variable, field]];
}

/** The texts that a call is given. */
const textsGiven = (call: Node): string[] =>
  [
    ...(call['args'] as readonly Node[]),
    ...(call['keywords'] as readonly Node[]).map((one) => one['value'] as Node),
  ].flatMap((arg) => textIn(arg) ?? []);

/** The attributes of `self` that a block assigns. */
const assignedIn = (block: readonly Node[]): string[] =>
  block.flatMap((statement) =>
    statement.nodeType === 'Assign'
      ? (statement['targets'] as readonly Node[]).flatMap((one) => /^self\.(\w+)$/.exec(pathOf(one))?.[1] ?? [])
      : [],
  );
