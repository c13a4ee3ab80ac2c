/**
 * How the models of a package compute attention, by the types of their configurations: whether each layer has one module that
 * leaves it to the functions that the package keeps for that. Read are the module's own texts, and only what is plain in them.
 */
import { moduleScope } from '../python/index.ts';
import type { Node, Reader } from '../python/index.ts';

/** The table of those functions, which whoever wants to exchange them does. */
export const ATTENDS = 'transformers.modeling_utils.ALL_ATTENTION_FUNCTIONS';

/** What a model of text is called with, by the names that the package gives it. */
export const TAKES = ['input_ids', 'inputs_embeds', 'position_ids'] as const;

/**
 * Where the layers of a model stand, and where in a layer the module that attends; then the attributes of the configuration that
 * have to be false for that, since else there is another.
 */
export type Attending = readonly [layers: string, attends: string, ...unless: string[]];

/** How a class attends that a module has; undefined where that is not plain, where a module sees what comes later, or has sinks. */
export function attendingIn(R: Reader, module: string, name: string): Attending | undefined {
  const body = moduleScope(R, module)?.body ?? [];
  const classes: Classes = new Map(
    body.flatMap((n) => (n.nodeType === 'ClassDef' ? [[n.name as string, n] as const] : [])),
  );
  const isPlain =
    [...classes.values()].every((cls) => assigned(cls, 'is_causal').every(isTrue)) && !body.some((n) => takesParts(n));
  const init = isPlain ? methodOf(classes, name, '__init__') : undefined;
  if (
    !init ||
    !takesText(methodOf(classes, name, 'forward')) ||
    !keepsConfig(init) ||
    callsIn(init).some((call) => calledAs(call).endsWith('from_config'))
  )
    return;
  const lists = fieldsOf(init).flatMap((field) => {
    const each = layersIn(field.value);
    return each && holds(classes, each.call) ? [{ field, each }] : [];
  });
  const [only] = lists;
  if (lists.length !== 1 || only!.field.under !== '' || fieldsOf(init).some((f) => attends(classes, f.value))) return;
  const found = attendingLayer(classes, only!.each);
  // one that attends elsewhere, as in a tower, may be one of the model's
  const all = [...classes.keys()].filter((cls) => interfaceCall(methodOf(classes, cls, 'forward')) !== undefined);
  return found && all.length === 1 ? [only!.field.name, ...found] : undefined;
}

/** Does a model's method that computes it take all that a model of text is called with? */
const takesText = (forward: Node | undefined): boolean => {
  const names = ((forward?.args as Node | undefined)?.args as Node[] | undefined)?.map((p) => p.arg as string) ?? [];
  return TAKES.every((name) => names.includes(name));
};

/** Does a statement import what may be a part of the model: of a file beside it, or of the table of all models? */
const takesParts = (n: Node): boolean =>
  n.nodeType === 'ImportFrom' &&
  ((n.level === 1 && !((n.module as string | null) ?? '').startsWith('configuration_')) || n.module === 'auto');

type Classes = ReadonlyMap<string, Node>;

/** What is made for every layer, and the variable that counts them. */
interface Each {
  readonly call: Node;
  readonly index: string;
}

/** `ModuleList([Layer(config, i) for i in range(config.num_hidden_layers)])`. */
function layersIn(value: Node): Each | undefined {
  const [list, ...others] = value.nodeType === 'Call' ? (value.args as Node[]) : [];
  const generators = list?.nodeType === 'ListComp' && others.length === 0 ? (list.generators as Node[]) : [];
  const [turn] = generators;
  if (generators.length !== 1 || !/(^|\.)ModuleList$/.test(calledAs(value)) || (turn!.ifs as Node[]).length > 0) return;
  const over = turn!.iter as Node;
  const [count, ...more] = over.nodeType === 'Call' && calledAs(over) === 'range' ? (over.args as Node[]) : [];
  const isAll = count !== undefined && more.length === 0 && dotted(count) === 'config.num_hidden_layers';
  const [call, index] = [list!.elt as Node, (turn!.target as Node).id as string | undefined];
  return isAll && index !== undefined && call.nodeType === 'Call' ? { call, index } : undefined;
}

/** Is what is made a layer in which a module attends? */
const holds = (classes: Classes, call: Node): boolean => {
  const init = methodOf(classes, calledAs(call), '__init__');
  return init !== undefined && fieldsOf(init).some(({ value }) => attends(classes, value));
};

/** Is what is made a module that leaves attention to those functions? */
const attends = (classes: Classes, value: Node): boolean =>
  value.nodeType === 'Call' && interfaceCall(methodOf(classes, calledAs(value), 'forward')) !== undefined;

/** The module of a layer that attends, of which there is one; and what else has to be false. */
function attendingLayer(classes: Classes, { call, index }: Each): readonly [string, ...string[]] | undefined {
  const init = methodOf(classes, calledAs(call), '__init__');
  const at = init && passedOn(init, call, index);
  if (at === undefined) return;
  const fields = fieldsOf(init!);
  // which class another one is of may depend on anything
  if (fields.some(({ value }) => value.nodeType === 'Call' && (value.func as Node).nodeType === 'Subscript')) return;
  const made = fields.filter(({ value }) => attends(classes, value));
  const [own, ...doubled] = made.filter(({ under }) => under === '');
  const unless = made.filter(({ under }) => under !== '').map(({ under }) => under);
  if (!own || doubled.length > 0 || unless.includes('?') || !isIndexed(classes, own.value, at)) return;
  return [own.name, ...unless];
}

/** Does a module that attends know which layer it is of, and that what comes later is not seen? */
function isIndexed(classes: Classes, call: Node, index: string): boolean {
  const name = calledAs(call);
  const init = methodOf(classes, name, '__init__');
  const at = init && passedOn(init, call, index);
  const own = at === undefined ? [] : fieldsOf(init!).filter(({ under }) => under === '');
  const is = (field: string, of: string): boolean =>
    own.filter((f) => f.name === field).length === 1 && own.some((f) => f.name === field && dotted(f.value) === of);
  const keywords = (interfaceCall(methodOf(classes, name, 'forward'))!.keywords as Node[]).map(({ arg }) => arg);
  return at !== undefined && is('layer_idx', at) && is('config', 'config') && !keywords.includes('s_aux');
}

/** The parameter that is given a variable, where `config` is given the variable of that name, as it came in. */
function passedOn(init: Node, call: Node, variable: string): string | undefined {
  const parameters = ((init.args as Node).args as Node[]).map((p) => p.arg as string).slice(1);
  const given = new Map((call.args as Node[]).map((value, i) => [parameters[i] ?? '', dotted(value)] as const));
  for (const { arg, value } of call.keywords as Node[]) given.set(arg as string, dotted(value as Node));
  const to = [...given].filter(([, value]) => value === variable).map(([name]) => name);
  return given.get('config') === 'config' && keepsConfig(init) && to.length === 1 ? to[0] : undefined;
}

const keepsConfig = (init: Node): boolean => !assignments(init).some(({ target }) => dotted(target) === 'config');

/** The one call of one of those functions in a method; undefined where there is none, or another. */
function interfaceCall(forward: Node | undefined): Node | undefined {
  if (!forward) return undefined;
  const table = ATTENDS.slice(ATTENDS.lastIndexOf('.') + 1);
  const isLookup = ({ value }: { readonly value: Node }): boolean => {
    const from = value.nodeType === 'Call' ? (value.func as Node) : value;
    return ['Attribute', 'Subscript'].includes(from.nodeType) && (from.value as Node).id === table;
  };
  const names = new Set(assignments(forward).flatMap((a) => (isLookup(a) ? [dotted(a.target)] : [])));
  const calls = callsIn(forward).filter((call) => names.has(calledAs(call)));
  const [only] = calls;
  return calls.length === 1 && dotted((only!.args as Node[])[0]) === 'self' ? only : undefined;
}

/** A method of a class, or of the first of its bases that the module has. */
function methodOf(classes: Classes, name: string, method: string): Node | undefined {
  const cls = classes.get(name);
  const own = (cls?.body as Node[] | undefined)?.find((n) => n.nodeType === 'FunctionDef' && n.name === method);
  if (own || !cls) return own;
  for (const base of cls.bases as Node[]) {
    const found = methodOf(classes, dotted(base), method);
    if (found) return found;
  }
  return undefined;
}

/** An attribute that a method sets: `under` names the attribute of the configuration that has to be true, or is `?`. */
interface Field {
  readonly name: string;
  readonly value: Node;
  readonly under: string;
}

const fieldsOf = (method: Node): readonly Field[] =>
  assignments(method).flatMap(({ target, value, under }) => {
    const [self, name, ...more] = dotted(target).split('.');
    return self === 'self' && name !== undefined && more.length === 0 ? [{ name, value, under }] : [];
  });

/** What is assigned to an attribute of that name anywhere in a class. */
const assigned = (cls: Node, name: string): readonly Node[] =>
  assignments(cls).flatMap(({ target, value }) => (dotted(target) === `self.${name}` ? [value] : []));

const isTrue = (n: Node): boolean => n.nodeType === 'Constant' && n.value === true;

interface Assignment {
  readonly target: Node;
  readonly value: Node;
  readonly under: string;
}

/** All assignments below a node. */
function assignments(n: Node, under = ''): readonly Assignment[] {
  if (n.nodeType === 'Assign')
    return (n.targets as Node[]).map((target) => ({ target, value: n.value as Node, under }));
  if (n.nodeType === 'AnnAssign') return n.value ? [{ target: n.target as Node, value: n.value as Node, under }] : [];
  const [config, flag, ...more] = n.nodeType === 'If' ? dotted(n.test as Node).split('.') : [];
  const isFlag = under === '' && config === 'config' && flag !== undefined && more.length === 0;
  const plain = n.nodeType === 'FunctionDef' || n.nodeType === 'ClassDef';
  return children(n).flatMap((child) => {
    const other = child.in === 'body' && isFlag ? flag : '?';
    return assignments(child.n, plain && under === '' ? '' : other);
  });
}

const callsIn = (n: Node): readonly Node[] => [
  ...(n.nodeType === 'Call' ? [n] : []),
  ...children(n).flatMap((child) => callsIn(child.n)),
];

const isNode = (v: unknown): v is Node => typeof v === 'object' && v !== null && 'nodeType' in v;

const children = (n: Node): readonly { readonly n: Node; readonly in: string }[] =>
  Object.entries(n).flatMap(([key, held]) =>
    (Array.isArray(held) ? held : [held]).filter((one) => isNode(one)).map((one) => ({ n: one, in: key })),
  );

const calledAs = (call: Node): string => (call.nodeType === 'Call' ? dotted(call.func as Node) : '');

/** `a.b.c` as a text; empty for anything else. */
function dotted(n: Node | undefined): string {
  if (n?.nodeType === 'Name') return n.id as string;
  const of = n?.nodeType === 'Attribute' ? dotted(n.value as Node) : '';
  return of === '' ? '' : `${of}.${n!.attr as string}`;
}
