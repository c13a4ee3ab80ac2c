import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readRecorded } from '../../scripts/oracle.ts';
import type { Recorded } from '../../scripts/oracle.ts';
import { installOf, stockOf } from '../../src/catalog/index.ts';
import { listReleases, readPackages, readRelease } from '../../src/disk/index.ts';
import {
  decide,
  DECISION_SCHEMA,
  factsIn,
  factsOf,
  forcedBy,
  happened,
  LIST,
  requestOf,
} from '../../src/engine/index.ts';
import type { Decision, GivenFact, Json, Question, Reason, Stock } from '../../src/engine/index.ts';
import { createMachine, MISSING, unpackRules } from '../../src/rules/index.ts';
import type { Machine, RuleSet } from '../../src/rules/index.ts';
import { set, some } from './changes.ts';

/*
 * Decisions with the rules of real releases, against answers that vLLM's own code gave. A part of the questions serves
 * here; the answers themselves are compared in test/oracle.
 */

const PART = 12;
const schema = z.fromJSONSchema(DECISION_SCHEMA);
const releases = listReleases()
  .filter(({ own }) => own)
  .map(({ release }) => release);

/** Rules without what making the implementation of a backend raises. */
const withoutMaking = (terms: RuleSet['terms']): RuleSet['terms'] =>
  Object.fromEntries(Object.entries(terms).filter(([name]) => !name.startsWith('impl.')));

/**
 * Rules whose list is asked as the recorder asks it. Older platforms drop the block size that they are asked with, so that a
 * start sees another list than is recorded where a backend is forced.
 */
const asAsked = (terms: RuleSet['terms']): RuleSet['terms'] => ({
  ...terms,
  ...Object.fromEntries(
    Object.entries(terms).flatMap(([name, term]) =>
      name.startsWith('as_asked.') ? [[name.slice('as_asked.'.length), term] as const] : [],
    ),
  ),
});

interface Asking {
  readonly machine: Machine;
  /** The same up to the selection, and with the list as the recorder asks it. */
  readonly selecting: Machine;
  readonly listing: Machine;
  readonly recorded: readonly Recorded[];
  readonly question: (one: Recorded) => Question;
}

function asking(release: string): Asking {
  const data = readRelease(release);
  const packages = readPackages();
  const requirements = data.requirements['cuda'] ?? {};
  const stock = stockOf(packages, installOf(packages, 'cuda', 'image', { release, requirements }));
  const rules = unpackRules(data.selection['cuda']!);
  const machine = createMachine(rules);
  // what was recorded ends with the selection: no implementation was made
  const terms = withoutMaking(rules.terms);
  const selecting = createMachine({ ...rules, terms });
  const listing = createMachine({ ...rules, terms: asAsked(terms) });
  const file = path.join(import.meta.dirname, '../oracle', `${release}.jsonl.gz`);
  const recorded = readRecorded(file, 'cuda').filter(({ q, a }) => q.kind !== 'vit' && !isInvalid(a));
  return { machine, selecting, listing, recorded, question: (one) => questionOf(machine, one, stock, release) };
}

/** Answers to a configuration that was refused before anything was asked. */
const isInvalid = (a: Recorded['a']): boolean => (a['error'] as { type?: string } | null)?.type === 'ValidationError';

function questionOf(machine: Machine, { q }: Recorded, stock: Stock, release: string): Question {
  const read = factsOf(q, stock, machine.rules);
  const { backend } = requestOf(machine, q.requested);
  const forced = forcedBy(machine.rules);
  const facts: Record<string, GivenFact> = {};
  for (const name of machine.inputs) {
    const value = name === forced ? ((backend as Json) ?? read.get(name)) : read.get(name);
    if (value === undefined) continue;
    facts[name] = value === MISSING ? { missing: true, from: 'default' } : { value: value as Json, from: 'default' };
  }
  return { release, platform: 'cuda', facts };
}

const cameTo = (d: Decision): string => d.winner?.backend ?? d.error?.type ?? 'unknown';
const short = { without: ['whatif', 'forcing'] } as const;

describe.each(releases)('decisions with %s', (release) => {
  const { machine, selecting, listing, recorded, question } = asking(release);
  const part = recorded.filter((_, i) => i % PART === 0);

  it('choose, refuse and rank as vLLM did', () => {
    const wrong = recorded.flatMap((one) => {
      const asked = question(one);
      const d = decide(selecting, asked, short);
      const list = looksAtList(selecting, asked) ? d : decide(listing, asked, short);
      const { a } = one;
      // of what was refused before the platform was asked no list was recorded
      const ranked = a['candidates'] === null ? [null, []] : [valid(list), refused(list)];
      const got = [d.winner?.name ?? null, d.error?.text ?? null, ...ranked];
      const want = [a['winner'] ?? null, errorOf(a), a['candidates'], Object.entries(a['rejected'] ?? {})];
      return JSON.stringify(got) === JSON.stringify(want) ? [] : [{ id: one.q.id, got, want }];
    });
    expect(wrong).toEqual([]);
  });

  it('have a reason before the chosen backend, and what each reason rests on', () => {
    for (const one of part) {
      const d = decide(machine, question(one), short);
      const at = d.candidates.findIndex((c) => c.status === 'chosen');
      const before = d.winner?.how === 'automatic' ? d.candidates.slice(0, at) : [];
      expect(before.filter((c) => c.reasons.length === 0)).toEqual([]);
      const reasons = d.candidates.flatMap((c) => c.reasons);
      expect(reasons.filter((r) => r.because.length === 0 || r.places.length === 0)).toEqual([]);
    }
  });

  it('name what lifts a reason', () => {
    const at = (d: Decision, backend: string, { places }: Reason): number =>
      d.candidates
        .filter((c) => c.backend === backend)
        .flatMap((c) => c.reasons)
        .filter((r) => r.places[0] === places[0]).length;
    for (const one of part) {
      const asked = question(one);
      const d = decide(machine, asked, short);
      for (const { backend, reasons } of d.candidates)
        for (const reason of reasons)
          for (const { fact, allowed } of reason.limits)
            for (const value of some(allowed, [1, 8, 16, 64, 128, 256, 576]).slice(0, 2)) {
              const again = decide(machine, set(asked, fact, value), short);
              expect(
                at(again, backend, reason),
                `${one.q.id} ${backend}: ${reason.text} ${fact}=${JSON.stringify(value)}`,
              ).toBeLessThan(at(d, backend, reason));
            }
    }
  });

  it('follow the published schema', () => {
    for (const one of part) {
      const made: unknown = JSON.parse(JSON.stringify(decide(machine, question(one))));
      expect(schema.safeParse(made).error?.issues ?? []).toEqual([]);
    }
  });

  it('say of forcing what forcing comes to', () => {
    for (const one of part) {
      const asked = question(one);
      for (const { backend, outcome, error } of decide(machine, asked, { without: ['whatif'] }).forcing.slice(0, 12)) {
        const facts = { ...asked.facts, [forcedBy(machine.rules)]: { value: backend, from: 'flag' as const } };
        const d = decide(machine, { ...asked, facts }, short);
        expect([backend, d.outcome, d.error]).toEqual([backend, outcome, error]);
      }
    }
  });

  it('do not contradict themselves when more is known', () => {
    const property = fc.property(fc.constantFrom(...part), fc.infiniteStream(fc.nat(9)), (one, dice) => {
      const asked = question(one);
      const full = decide(machine, asked, short);
      // one fact in ten is left out
      const facts = Object.fromEntries(Object.entries(asked.facts).filter(() => dice.next().value !== 0));
      const open = decide(machine, { ...asked, facts }, short);
      const answers =
        open.outcome === 'unknown' ? open.possible.map((p) => p.backend ?? p.error?.type) : [cameTo(open)];
      expect([...answers, 'unknown']).toContain(cameTo(full));
    });
    fc.assert(property, { numRuns: 40 });
  });
});

/** Whether the selection looks at the list. */
function looksAtList(machine: Machine, question: Question): boolean {
  machine.load(factsIn(question));
  return happened(machine, 'selection.events').reached.has(LIST);
}

const listed = (d: Decision): Decision['candidates'] => d.candidates.filter((c) => c.priority !== null);
const valid = (d: Decision): string[] => listed(d).flatMap((c) => (c.reasons.length === 0 ? [c.backend] : []));
const refused = (d: Decision): [string, (string | null)[]][] =>
  listed(d).flatMap((c) => (c.reasons.length === 0 ? [] : [[c.backend, c.reasons.map((r) => r.text)]]));
const errorOf = (a: Recorded['a']): string | null => (a['error'] as { text: string } | null)?.text ?? null;

const INVARIANT = 'VLLM_BATCH_INVARIANT';

describe('what batch invariance would change', () => {
  it.each(releases)('%s: is what vLLM gave where it was on', (release) => {
    const { machine, recorded, question } = asking(release);
    const on = recorded.filter(({ q }) => q.env?.[INVARIANT] === '1');
    expect(on.length).toBeGreaterThan(0);
    for (const { q, a } of on) {
      const { [INVARIANT]: _, ...env } = q.env!;
      const off = question({ a, q: { ...q, env } });
      const { batchInvariance: changes } = decide(machine, off, { without: ['pairs', 'forcing'] });
      expect(changes !== null).toBe(machine.inputs.includes(`env.${INVARIANT}`));
      if (changes === null) continue;
      const listed = (a['candidates'] ?? []) as readonly string[];
      // what is chosen is not what runs where its implementation then refuses to be made
      const raises =
        a['error'] === null && decide(machine, question({ q, a }), { without: ['pairs'] }).outcome === 'refused';
      expect(changes.backend, q.id).toBe(raises ? null : (a['winner_enum'] ?? a['winner_class'] ?? null));
      expect(changes.disables.filter(({ backend }) => listed.includes(backend))).toEqual([]);
    }
  });
});
