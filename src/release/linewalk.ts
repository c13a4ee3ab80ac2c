/** Goes through a function for what it prints and raises, with what is assigned, tested and returned around that. */
import type { Node } from '../python/index.ts';

/** A line that is printed or an error that is raised, in one of the ways in which the function comes there. */
export interface Spoken {
  readonly line: number;
  /** `logger.info` speaks at INFO; an error has the name of its class. */
  readonly level: string;
  readonly raised: boolean;
  /** The words, and what is put into them. */
  readonly words: Node;
  readonly values: readonly Node[];
  /** What stands in a variable that holds words: the pieces that were put together. */
  readonly texts: ReadonlyMap<string, readonly Node[]>;
  /** What was assigned on the way, and what is next beside it, in order. */
  readonly assigned: readonly Assigned[];
  readonly beside: readonly Assigned[];
  /** What is assigned after it where the blocks around go on. */
  readonly later: readonly Assigned[];
  /** The names that were tested on the way: a leading `!` says that the test failed. */
  readonly tested: readonly string[];
  /** What is returned next, where nothing else is printed before. */
  readonly returned: Node | undefined;
  /** Whether nothing else is printed after it. */
  readonly last: boolean;
  /** The statement after it. */
  readonly next: Node | undefined;
}

export interface Assigned {
  /** The path of names that is assigned, or `name()` for a call of a setter. */
  readonly to: string;
  readonly value: Node;
}

/** Nodes below one node of the syntax tree. */
export function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value: unknown) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'nodeType' in value;

/** A chain of names as it is written; '' for anything else. */
export function pathOf(node: Node): string {
  if (node.nodeType === 'Name') return String(node['id']);
  if (node.nodeType === 'Attribute') {
    const before = pathOf(node['value'] as Node);
    return before === '' ? '' : `${before}.${node['attr'] as string}`;
  }
  if (node.nodeType === 'Subscript') return pathOf(node['value'] as Node);
  return '';
}

interface Way {
  readonly texts: ReadonlyMap<string, readonly Node[]>;
  readonly assigned: readonly Assigned[];
  readonly tested: readonly string[];
}

/** More ways than this through one function are not told apart. */
const WAYS = 16;

/** All that a function speaks, once for every way that differs in words or in what is assigned. */
export function spokenIn(fn: Node): Spoken[] {
  const out: Spoken[] = [];
  walk(fn['body'] as readonly Node[], [], [{ texts: new Map(), assigned: [], tested: [] }], out);
  return out;
}

type Rest = readonly (readonly Node[])[];

/** Goes through the statements of a block; gives the ways that lead out of its end. */
function walk(block: readonly Node[], after: Rest, from: readonly Way[], out: Spoken[]): readonly Way[] {
  let ways = from;
  for (const [i, node] of block.entries()) {
    const rest = [block.slice(i + 1), ...after];
    for (const way of ways) {
      const spoken = spokenBy(node, way, rest);
      if (spoken) out.push(spoken);
    }
    ways = through(node, rest, ways, out);
    if (node.nodeType === 'Return' || node.nodeType === 'Raise' || ways.length === 0) return [];
  }
  return ways;
}

function through(node: Node, rest: Rest, ways: readonly Way[], out: Spoken[]): readonly Way[] {
  const blocks = (name: string): readonly Node[] => (node[name] ?? []) as readonly Node[];
  switch (node.nodeType) {
    case 'Assign':
    case 'AnnAssign':
    case 'AugAssign':
      return ways.map((way) => assign(node, way));
    case 'Expr':
      return ways.map((way) => ({ ...way, assigned: [...way.assigned, ...setBy(node)] }));
    case 'If': {
      const name = testOf(node['test'] as Node);
      const yes = ways.map((way) => tested(way, name));
      const no = ways.map((way) => tested(way, name.startsWith('!') ? name.slice(1) : `!${name}`));
      const both = [...walk(blocks('body'), rest, yes, out), ...walk(blocks('orelse'), rest, no, out)];
      return told(ways, both);
    }
    case 'Try': {
      const done = walk(blocks('body'), [blocks('orelse'), ...rest], ways, out);
      for (const handler of blocks('handlers')) walk(handler['body'] as readonly Node[], rest, ways, out);
      return walk(blocks('finalbody'), rest, walk(blocks('orelse'), rest, done, out), out);
    }
    case 'With':
      return walk(blocks('body'), rest, ways, out);
    case 'For':
    case 'While':
      walk(blocks('body'), rest, ways, out);
      return ways;
    default:
      return ways;
  }
}

/** The ways after a branch: told apart where they differ in words, else as they were before. */
function told(before: readonly Way[], both: readonly Way[]): readonly Way[] {
  if (both.length === 0) return [];
  const known = new Set(before.map(({ texts }) => texts));
  if (both.every(({ texts }) => known.has(texts))) return before;
  return both.slice(0, WAYS);
}

const tested = (way: Way, name: string): Way => (name === '' ? way : { ...way, tested: [...way.tested, name] });

const testOf = (test: Node): string =>
  test.nodeType === 'UnaryOp' && (test['op'] as Node).nodeType === 'Not'
    ? negated(pathOf(test['operand'] as Node))
    : pathOf(test);

const negated = (path: string): string => (path === '' ? '' : `!${path}`);

function assign(node: Node, way: Way): Way {
  const targets = (node['targets'] ?? [node['target']]) as readonly Node[];
  const value = node['value'] as Node | null;
  const to = targets.length === 1 ? pathOf(targets[0]!) : '';
  if (to === '' || !value) return way;
  const before = way.texts.get(to);
  if (node.nodeType === 'AugAssign')
    return before ? { ...way, texts: new Map(way.texts).set(to, [...before, value]) } : way;
  if (isText(value)) return { ...way, texts: new Map(way.texts).set(to, [value]) };
  return { ...way, assigned: [...way.assigned, { to, value }] };
}

const isText = (node: Node): boolean =>
  node.nodeType === 'JoinedStr' ||
  (node.nodeType === 'Constant' && typeof node['value'] === 'string') ||
  (node.nodeType === 'Call' && TEMPLATE.test(pathOf(node['func'] as Node)));

/** What makes a template of words, and words of a template. */
export const TEMPLATE = /^(?:string\.)?Template$|\.substitute$/;

/** What a statement speaks, if it does. */
function spokenBy(node: Node, way: Way, rest: Rest): Spoken | undefined {
  const found = node.nodeType === 'Raise' ? raisedBy(node) : printedBy(node);
  if (!found) return undefined;
  return {
    line: node.lineno ?? 0,
    ...found,
    raised: node.nodeType === 'Raise',
    texts: way.texts,
    assigned: way.assigned,
    beside: besideIn(rest[0] ?? []),
    later: rest.slice(1).flatMap(besideIn),
    tested: way.tested,
    returned: nextReturn(rest),
    last: !rest.some((block) => block.some(prints)),
    next: rest[0]?.[0],
  };
}

function raisedBy(node: Node): Pick<Spoken, 'level' | 'words' | 'values'> | undefined {
  const call = node['exc'] as Node | null;
  const [words] = call?.nodeType === 'Call' ? (call['args'] as readonly Node[]) : [];
  return call && words ? { level: pathOf(call['func'] as Node), words, values: [] } : undefined;
}

/** The methods of a logger that print, by level. */
const LEVELS: Readonly<Record<string, string>> = { debug: 'DEBUG', info: 'INFO', warning: 'WARNING', error: 'ERROR' };

function printedBy(node: Node): Pick<Spoken, 'level' | 'words' | 'values'> | undefined {
  const call = node.nodeType === 'Expr' ? (node['value'] as Node) : undefined;
  if (call?.nodeType !== 'Call') return undefined;
  const method = /^(?:\w+\.)*(?:logger|lgr)\.(debug|info|warning|error)(?:_once)?$/.exec(
    pathOf(call['func'] as Node),
  )?.[1];
  const [words, ...values] = call['args'] as readonly Node[];
  return method === undefined || words === undefined ? undefined : { level: LEVELS[method]!, words, values };
}

/** What is assigned in the next statements, up to the next line. */
function besideIn(block: readonly Node[]): Assigned[] {
  const out: Assigned[] = [];
  for (const node of block) {
    if (printedBy(node)) break;
    out.push(...setBy(node));
    if (node.nodeType.endsWith('Assign'))
      out.push(...assign(node, { texts: new Map(), assigned: [], tested: [] }).assigned);
  }
  return out;
}

/** What a statement hands to a function of one argument: perhaps a setter. */
function setBy(node: Node): Assigned[] {
  const call = node.nodeType === 'Expr' ? (node['value'] as Node) : undefined;
  const [value, ...others] = call?.nodeType === 'Call' ? (call['args'] as readonly Node[]) : [];
  return call && value && others.length === 0 ? [{ to: `${pathOf(call['func'] as Node)}()`, value }] : [];
}

/** What is returned next on the way that nothing turns off, unless something else is printed before. */
function nextReturn(rest: Rest): Node | undefined {
  for (const block of rest)
    for (const node of block) {
      if (node.nodeType === 'Return') return (node['value'] ?? undefined) as Node | undefined;
      if (node.nodeType === 'Raise' || printedBy(node)) return undefined;
    }
  return undefined;
}

/** Whether a line is printed in a statement, on some way through it. */
const prints = (node: Node): boolean => printedBy(node) !== undefined || childrenOf(node).some(prints);
