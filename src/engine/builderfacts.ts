/**
 * What the metadata builder of the chosen backend settles: once, when a worker makes it, and for every batch anew. What
 * depends on the batch is no answer but the cases in which each comes out.
 */
import { UNKNOWN } from '../rules/index.ts';
import type { Fact, Machine, Resolved, Term } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { BuilderFacts, DecisionError, Setting } from './decision.ts';
import { firstRaise, happensIn } from './events.ts';
import type { Raise } from './events.ts';
import { createProber, enough } from './explain.ts';
import type { Prober } from './explain.ts';
import { fieldsOf, isOpen } from './outcome.ts';
import { valuesLeft } from './possible.ts';
import { changed } from './question.ts';

/** The fact of the block size in which the KV cache of the layer lies. */
export const BLOCK_SIZE = 'kv_cache_spec.block_size';

/**
 * What the builder of a backend settles for the question, where the KV cache has blocks of this size; null where the rules
 * say nothing of it.
 */
export function builderOf(asked: Prober, backend: string, blockSize: Fact | undefined): BuilderFacts | null {
  const { class: cls, threshold, settles, batches, events } = fieldsOf(asked.machine.rules.terms[`builder.${backend}`]);
  if (typeof cls !== 'string') return null;
  const facts = changed(asked.facts, { [BLOCK_SIZE]: blockSize });
  const prober = createProber(asked.machine, facts, asked, [BLOCK_SIZE]);
  const rows = (list: Term | undefined): Setting[] => itemsOf(list).map((row) => settingOf(prober, row));
  const machine = prober.with({});
  const happens = happensIn(events);
  const raise = firstRaise(machine, happens);
  return {
    class: cls,
    settings: [...(threshold === undefined ? [] : [settingOf(prober, threshold)]), ...rows(settles)],
    perBatch: rows(batches),
    error: raise === undefined || raise === 'open' ? null : errorOf(prober.with({}), raise),
    mayRaise: raise === 'open',
  };
}

const itemsOf = (list: Term | undefined): readonly Term[] =>
  list !== undefined && list !== null && typeof list === 'object' && 'list' in list
    ? list.list.map(([, item]) => item)
    : [];

/** One setting by its row: what it comes to, why, and where the release sets it. */
function settingOf(prober: Prober, row: Term): Setting {
  const { name, value = null, places } = fieldsOf(row);
  const machine = prober.with({});
  const got = machine.resolve(value);
  const known = !isOpen(got);
  const needs = known ? [] : machine.unknowns().map((input) => prober.shownAs(input));
  return {
    name: typeof name === 'string' ? name : '',
    value: known ? (got as Json) : null,
    known,
    because: known ? enough(prober, (m) => same(m.resolve(value), got)) : [],
    possible: known ? [] : valuesLeft(prober, value),
    needs: [...new Set(needs)],
    places: placesOf(prober.machine, places),
  };
}

const same = (a: Resolved, b: Resolved): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

function placesOf({ rules }: Machine, list: Term | undefined): string[] {
  if (list === undefined || list === null || typeof list !== 'object' || !('list' in list)) return [];
  return list.list.flatMap(([, , places = []]) => places.map((at) => rules.places[at]!));
}

function errorOf(machine: Machine, raise: Raise): DecisionError {
  const text = machine.resolve(raise.text);
  return {
    type: raise.type,
    text: text === UNKNOWN || typeof text !== 'string' ? null : text,
    places: raise.places.map((at) => machine.rules.places[at]!),
  };
}
