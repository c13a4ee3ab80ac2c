/**
 * Reads how a release makes the facts of a model that its selection asks for, from the model's configuration object,
 * the arguments of the command line and the device: `EngineArgs.create_model_config` and what follows from its result.
 */
import { createReader, dataFields, entryFrame, fieldDefault, newInstance, nameIn, NONE, one } from '../python/index.ts';
import type { ClassAtom, Frame, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { createBook, createShipper } from '../rules/index.ts';
import type { RuleSet } from '../rules/index.ts';
import { typed } from './records.ts';
import type { Unread } from './selection.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';
import type { Tree } from './tree.ts';
import { createModelWorld } from './modelworld.ts';

export interface ModelFacts {
  readonly rules: RuleSet;
  readonly notes: readonly Unread[];
}

const ARGUMENTS = 'vllm.engine.arg_utils';

/** Reads the model facts of one platform. Throws when the tree has no `EngineArgs`. */
export function readModelFacts(tree: Tree, platform: string): ModelFacts {
  const book = createBook();
  const R = createReader(book, createModelWorld(tree, platform));
  const ship = createShipper(book);
  const cls = nameIn(R, ARGUMENTS, 'EngineArgs')?.[0]?.v;
  if (cls?.k !== 'class') throw new Error('the tree has no EngineArgs');
  const frame = entryFrame(R, ARGUMENTS);
  const args = argumentsRecord(R, frame, cls);
  const made = R.call(frame, R.getAttr(frame, one(args), 'create_model_config'), { pos: [], kw: new Map() });
  ship.add('model_config.events', eventsTerm(R, frame, ship, frame.trace));
  const plain = plainTerm();
  for (const name of ['dtype']) ship.add(`model_config.${name}`, termOf(R.getAttr(frame, made, name), plain));
  const notes = [...R.notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return { rules: ship.ship(), notes };
}

/** The parsed arguments: every field is an input `args.<field>` of its annotation's type, None where that is its default. */
function argumentsRecord(R: Reader, frame: Frame, cls: ClassAtom): InstanceAtom {
  const self = newInstance(cls);
  const fields = new Map(dataFields(R, cls).map((f) => [f.name, f]));
  const lazy = (name: string): Value | undefined => {
    const f = fields.get(name);
    if (!f) return undefined;
    const top = entryFrame(R, ARGUMENTS);
    R.frame = frame;
    const fallback = fieldDefault(R, top, f);
    const ann = f.node.annotation as Node;
    const none: Node = { nodeType: 'Constant', value: null };
    const nullable = fallback?.some((a) => a.v === NONE) ? ({ nodeType: 'BinOp', left: ann, right: none } as Node) : ann;
    return typed(R, nullable, f.owner, `args.${name}`);
  };
  return { ...self, lazy };
}
