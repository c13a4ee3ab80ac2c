/**
 * Reads what a release makes of its command line: `EngineArgs.from_cli_args` and `create_engine_config` run on arguments
 * that are inputs, `args.<dest>`. The result says, for the configuration that is in force when layers are built, what each
 * of its fields is, and what is raised on the way. What concerns the model is read elsewhere: here its facts are inputs.
 */
import {
  boolean,
  createReader,
  entryFrame,
  exception,
  flatten,
  nameIn,
  NONE_VALUE,
  one,
  opaque,
  seen,
  str,
  variablesSet,
} from '../python/index.ts';
import type { Atom, ClassAtom, Event, Frame, Reader, Value } from '../python/index.ts';
import { createBook, NO } from '../rules/index.ts';
import type { Cond, RuleSet, Shipper } from '../rules/index.ts';
import { givenArguments } from './argumentinputs.ts';
import { KEPT } from './arguments.ts';
import { shipDraftModel } from './draftmodel.ts';
import { createEngineWorld } from './engineworld.ts';
import { keptAnswers, perWorker } from './modelfacts.ts';
import { NEWER } from './built.ts';
import { changes } from './changes.ts';
import { modelConfigs } from './modelworld.ts';
import { fieldsOf, shipPart } from './parts.ts';
import { MODEL } from './shapes.ts';
import type { Unread } from './selection.ts';
import { serveChecks } from './servechecks.ts';
import { createShipment, eventsTerm, plainTerm, termOf } from './terms.ts';
import type { Tree } from './tree.ts';

/** What the command line comes to, and what was not read exactly. */
export interface EngineArguments {
  readonly rules: RuleSet;
  readonly notes: readonly Unread[];
}

/** Reads it for one platform. Throws when the tree has no engine arguments. */
export function readEngineArguments(tree: Tree, platform: string): EngineArguments {
  const book = createBook();
  const R = createReader(book, createEngineWorld(tree, platform));
  R.lenient = true;
  const ship = createShipment(R);
  const { frame, args, namespace } = givenArguments(R, (dest) => KEPT.includes(dest), ship);
  const kept = keptOf(R);
  const config = configOf(R, frame, args);
  ship.add('config.events', eventsTerm(R, frame, ship, withGaps(R, frame.trace)));
  const parts = fieldsOf(R, config);
  for (const [name, field] of parts) {
    const others = [...parts].flatMap(([other, of]) => (other === name ? [] : of.map(({ v }) => v)));
    const objects = others.filter((v) => v.k === 'instance' && v.member === undefined);
    if (!ELSEWHERE.has(name)) shipPart(R, ship, name, field, new Set(objects));
  }
  const { whole, text } = modelConfigs(R);
  const changed = [...changes(R, whole, 'hf'), ...changes(R, text, 'hf_text_config')];
  for (const { v } of parts.get('model_config') ?? [])
    if (v.k === 'instance') {
      changed.push(...changes(R, v, 'model_config'));
      for (const [name, g] of kept(frame, v))
        ship.add(`kept.model_config.${name}`, termOf(boolean(R.d, g), plainTerm()));
      for (const name of perWorker(R, v.cls)) {
        const args = { pos: [parts.get('parallel_config') ?? []], kw: new Map() };
        const said = R.call(frame, R.getAttr(frame, one(v), name), args);
        ship.add(`model_config.${name}`, termOf(said, plainTerm()));
      }
    }
  for (const [name, term] of changed) ship.add(name, term);
  shipDraftModel(R, ship, config);
  shipNewer(R, ship, config);
  // what is set here is what later steps find in the environment
  for (const [name, value] of variablesSet(R)) ship.add(`env.${name}`, termOf(value, plainTerm()));
  const serve = serveChecks(R, namespace);
  ship.add('serve.events', eventsTerm(R, serve.frame, ship, withGaps(R, serve.trace)));
  const notes = [...R.notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return { rules: ship.ship(), notes };
}

/** The configuration that a server makes of its arguments. */
function configOf(R: Reader, frame: Frame, args: Value): Value {
  const contexts = nameIn(R, 'vllm.usage.usage_lib', 'UsageContext');
  const context = contexts ? R.getAttr(frame, contexts, 'OPENAI_API_SERVER') : NONE_VALUE;
  const make = R.getAttr(frame, args, 'create_engine_config');
  return R.call(frame, make, { pos: [], kw: new Map([['usage_context', context]]) });
}

/** What is seen where a property of the model configuration is asked for that keeps its first answer. */
const ASKS = 'kept';

/**
 * Watches the properties of the model configuration that keep their first answer: gives what says of an object, once all is read,
 * when each was asked for.
 */
function keptOf(R: Reader): (frame: Frame, model: Atom) => readonly (readonly [name: string, g: Cond])[] {
  const cls = nameIn(R, MODEL, 'ModelConfig')?.[0]?.v;
  const names = cls?.k === 'class' ? keptAnswers(R, cls) : [];
  for (const name of names)
    R.observers.set(`${MODEL}.ModelConfig.${name}`, (vars, frame) => {
      seen(
        R,
        frame,
        ASKS,
        new Map([
          ['name', one(str(name))],
          ['of', vars.get('self') ?? []],
        ]),
      );
    });
  return (frame, model) => {
    const asked = new Map<string, Cond>(names.map((name) => [name, NO]));
    for (const e of flatten(R, frame.trace)) {
      if (e.kind !== 'seen' || e.what !== ASKS || !e.values.get('of')?.some(({ v }) => v === model)) continue;
      const name = e.values.get('name')?.[0]?.v;
      if (name?.k === 'str') asked.set(name.s, R.d.or(asked.get(name.s) ?? NO, e.g));
    }
    return [...asked];
  };
}

/** Which worker runs, where there are two kinds. */
function shipNewer(R: Reader, ship: Shipper, config: Value): void {
  const newer = config.flatMap(({ g, v }) =>
    (R.attrOf(entryFrame(R, 'vllm.config.vllm'), v, NEWER) ?? []).map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
  );
  if (newer.length) ship.add(`built.${NEWER}`, termOf(newer, plainTerm()));
}

/** Parts of the configuration that other rules say, or that say nothing of how it runs. */
const ELSEWHERE = new Set(['model_config', 'quant_config', 'instance_id']);

const marked = new WeakMap<readonly Event[], readonly Event[]>();

/** Places that were not read as errors that nobody can say whether they happen. */
function withGaps(R: Reader, trace: readonly Event[]): readonly Event[] {
  const known = marked.get(trace);
  if (known) return known;
  const made = trace.flatMap((e): Event[] => {
    if (e.kind === 'call' || e.kind === 'loop') return [{ ...e, trace: withGaps(R, e.trace) }];
    // nobody is told of those lines
    if (e.kind === 'log' && e.level === 'DEBUG') return [];
    if (e.kind !== 'seen' || e.what !== 'gap') return [e];
    const why = e.values.get('why')?.[0]?.v;
    const text = why?.k === 'str' ? why.s : 'a part of the source';
    const cls = R.builtin('Exception')![0]!.v as ClassAtom;
    const exc = exception(cls, [one(opaque(text, e.place))]);
    return [{ kind: 'raise', g: R.d.and(e.g, R.book.opaque(text, e.place)), exc, place: e.place }];
  });
  marked.set(trace, made);
  return made;
}
