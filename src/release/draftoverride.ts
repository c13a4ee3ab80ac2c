/**
 * How a release changes the configuration object of a model that drafts: the function that it hands to the second model
 * configuration, read for an object of each type and architecture that it names.
 */
import { createReader, entryFrame, list, moduleScope, nameIn, native, one, str, text } from '../python/index.ts';
import type { Atom, Frame, FuncAtom, Node, Reader } from '../python/index.ts';
import { createBook, createShipper, NO, YES } from '../rules/index.ts';
import type { Cond, RuleSet, Term } from '../rules/index.ts';
import { comparedWith } from './compared.ts';
import { changes } from './changes.ts';
import { configTerm } from './configterms.ts';
import { forgetJson } from './json.ts';
import { updated } from './loaded.ts';
import { ANOTHER, createModelWorld, modelConfigs } from './modelworld.ts';
import type { Unread } from './selection.ts';
import { eventsTerm, onlyRaises } from './terms.ts';
import type { Tree } from './tree.ts';

const MODULE = 'vllm.config.speculative';
const CLASS = 'SpeculativeConfig';
/** Its static function that does it. */
const CHANGE = 'hf_config_override';

/** What is changed. */
export interface DraftChanges {
  /** The model types that the function names, and the architectures. */
  readonly types: readonly string[];
  readonly architectures: readonly string[];
  /** By `type/architecture`, one that is not named left out: the number of its kind, where that is not 0. */
  readonly kinds: Readonly<Record<string, number>>;
  /**
   * By kind: `<kind>.hf.<key>` and `<kind>.hf_text_config.<key>` for what is changed, `<kind>.made`, whether it is still the same
   * object, `<kind>.events`; `name`, the function's.
   */
  readonly rules: RuleSet;
  readonly notes: readonly Unread[];
}

/** Reads it for one platform; without terms where the tree has no such function. */
export function readDraftChanges(tree: Tree, platform: string): DraftChanges {
  const book = createBook();
  const R = createReader(book, createModelWorld(tree, platform));
  const ship = createShipper(book);
  const kinds: Record<string, number> = {};
  const scope = moduleScope(R, MODULE);
  const change = scope && changeOf(R);
  const types = change ? comparedWith([scope], 'model_type').filter((type) => type !== '') : [];
  const architectures = change ? textsIn(change.node).filter((name) => !types.includes(name)) : [];
  const found = new Map<string, number>();
  if (change) ship.add('name', change.qualname);
  for (const type of change ? [undefined, ...types] : [])
    for (const architecture of [undefined, ...architectures]) {
      const { terms: changed, frame } = readOne(R, change!, { type, types, architecture, architectures });
      const terms = [...changed, ['events', eventsTerm(R, frame, ship, onlyRaises(frame.trace))] as const];
      const key = JSON.stringify(terms);
      let kind = found.get(key);
      if (kind === undefined) {
        found.set(key, (kind = found.size));
        for (const [name, term] of terms) ship.add(`${kind}.${name}`, term);
      }
      if (kind > 0) kinds[`${type ?? ''}/${architecture ?? ''}`] = kind;
    }
  const notes = [...R.notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return { types, architectures, kinds, rules: ship.ship(), notes };
}

/** The function that changes the object. */
function changeOf(R: Reader): FuncAtom | undefined {
  const cls = nameIn(R, MODULE, CLASS)?.[0]?.v;
  const found = cls?.k === 'class' ? R.attrOf(entryFrame(R, MODULE), cls, CHANGE)?.[0]?.v : undefined;
  return found?.k === 'func' ? found : undefined;
}

/** The texts with which a function compares something. */
function textsIn(node: Node): readonly string[] {
  const found = new Set<string>();
  const texts = (n: unknown): void => {
    if (Array.isArray(n)) return n.forEach(texts);
    if (!n || typeof n !== 'object') return;
    const { nodeType, value } = n as Node;
    if (nodeType === 'Constant' && typeof value === 'string') found.add(value);
    for (const part of Object.values(n)) texts(part);
  };
  const look = (n: unknown): void => {
    if (Array.isArray(n)) return n.forEach(look);
    if (!n || typeof n !== 'object') return;
    if ((n as Node).nodeType === 'Compare') texts([(n as Node).left, (n as Node).comparators]);
    for (const part of Object.values(n)) look(part);
  };
  look(node.body);
  return [...found].sort();
}

/** Of which type and architecture an object is; undefined is one that is not named. */
interface Kind {
  readonly type: string | undefined;
  readonly types: readonly string[];
  readonly architecture: string | undefined;
  readonly architectures: readonly string[];
}

/** A text that is one of the question where it is not said. */
const textOf = (said: string | undefined, name: string, named: readonly string[]): Atom =>
  said === undefined ? { ...text([{ p: 'expr', e: { op: 'input', name } }]), not: new Set(named) } : str(said);

/** What becomes of an object of one type and architecture. */
function readOne(
  R: Reader,
  change: FuncAtom,
  { type, types, architecture, architectures }: Kind,
): { readonly terms: readonly (readonly [string, Term])[]; readonly frame: Frame } {
  forgetJson(R);
  const { whole, text: inner } = modelConfigs(R, type ?? ANOTHER);
  const before = new Map([
    ['model_type', one(textOf(type, 'hf.model_type', types))],
    ['architectures', one(list([{ g: YES, v: one(textOf(architecture, 'hf.architectures.0', architectures)) }]))],
  ]);
  for (const [name, value] of before) whole.attrs.set(name, value);
  whole.attrs.set('update', one(native('update', (args) => updated(R, whole, args))));
  const frame = entryFrame(R, MODULE);
  const made = R.call(frame, one(change), { pos: [one(whole)], kw: new Map() });
  const same = made.reduce<Cond>((c, { g, v }) => (v === whole ? R.d.or(c, g) : c), NO);
  const changed = [...changes(R, whole, 'hf'), ...changes(R, inner, 'hf_text_config')];
  const own = [...before].flatMap(([name, value]) => {
    const now = whole.attrs.get(name)!;
    return now === value ? [] : [[`hf.${name}`, configTerm(R, now)] as const];
  });
  return {
    terms: [
      ...changed.filter(([name]) => name !== 'hf.update' && !before.has(name.slice('hf.'.length))),
      ...own,
      ['made', same === YES ? true : { pick: [[same, true] as const, [R.d.not(same), false] as const] }],
    ],
    frame,
  };
}
