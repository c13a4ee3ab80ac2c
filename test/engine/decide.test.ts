import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createMachine } from '../../src/rules/index.ts';
import { decide, DECISION_SCHEMA } from '../../src/engine/index.ts';
import type { Condition, Decision, Question } from '../../src/engine/index.ts';
import { set, some } from './changes.ts';
import { BACKENDS, expected, KV, MAJORS, MINORS, toyQuestion, toyRules } from './toy.ts';
import type { ToyFacts } from './toy.ts';

const machine = createMachine(toyRules());
const schema = z.fromJSONSchema(DECISION_SCHEMA);

const base: ToyFacts = {
  backend: null,
  major: 9,
  minor: 0,
  kv: 'auto',
  head: 128,
  block: null,
  gamma: false,
  strict: null,
};
const ask = (facts: Partial<ToyFacts> = {}): Decision => decide(machine, toyQuestion({ ...base, ...facts }));
const cameTo = (d: Decision): string => d.winner?.backend ?? d.error?.type ?? 'unknown';
const candidate = (d: Decision, backend: string) => d.candidates.find((c) => c.backend === backend);
const reason = (d: Decision, backend: string, text: string) =>
  candidate(d, backend)?.reasons.find((r) => r.text === text);

const facts: fc.Arbitrary<ToyFacts> = fc.record({
  backend: fc.constantFrom(null, null, null, ...BACKENDS),
  major: fc.constantFrom(...MAJORS),
  minor: fc.constantFrom(...MINORS),
  kv: fc.constantFrom(...KV),
  head: fc.constantFrom(32, 60, 64, 80, 128, 256, 264, 512),
  block: fc.constantFrom(null, null, 1, 8, 16, 48, 128),
  gamma: fc.boolean(),
  strict: fc.constantFrom(null, '0', '1'),
});
const names = Object.keys(toyQuestion(base).facts);

/** The question with some facts not given. */
const without = (question: Question, left: readonly string[]): Question => ({
  ...question,
  facts: Object.fromEntries(Object.entries(question.facts).filter(([name]) => !left.includes(name))),
});

describe('a decision', () => {
  it('says what the rules say, for every question with all facts', () => {
    fc.assert(
      fc.property(facts, (f) => {
        expect(cameTo(decide(machine, toyQuestion(f)))).toBe(expected(f));
      }),
      { numRuns: 400 },
    );
  });

  it('has the shape of the published schema, and the schema does not change by accident', () => {
    fc.assert(
      fc.property(facts, fc.subarray(names), (f, left) => {
        const made: unknown = JSON.parse(JSON.stringify(decide(machine, without(toyQuestion(f), left))));
        const checked = schema.safeParse(made);
        expect(checked.error?.issues ?? []).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(DECISION_SCHEMA).toMatchSnapshot();
  });

  it('refuses a decision with a part that the schema does not know', () => {
    expect(schema.safeParse({ ...ask(), other: 1 }).success).toBe(false);
  });

  it('is the same for the same question, whatever was asked before', () => {
    fc.assert(
      fc.property(facts, facts, fc.subarray(names), (f, other, left) => {
        const question = without(toyQuestion(f), left);
        const first = JSON.stringify(decide(machine, question));
        decide(machine, toyQuestion(other));
        expect(JSON.stringify(decide(machine, question))).toBe(first);
        expect(JSON.stringify(decide(createMachine(machine.rules), question))).toBe(first);
      }),
      { numRuns: 60 },
    );
  });

  it('carries its question, which decides the same again', () => {
    fc.assert(
      fc.property(facts, fc.subarray(names), (f, left) => {
        const question = without(toyQuestion(f), left);
        const again = JSON.parse(JSON.stringify(decide(machine, question).question)) as Question;
        expect(again).toEqual(question);
        expect(decide(machine, again)).toEqual(decide(machine, question));
      }),
      { numRuns: 60 },
    );
  });

  it('tells what was chosen, how, and what follows', () => {
    const d = ask({ major: 9 });
    expect(d.winner).toEqual({ backend: 'ALPHA', class: 'toy.ALPHA', name: 'ALPHA', how: 'automatic' });
    expect(d.follows).toMatchObject({ blockSize: 16, supportedBlockSizes: ['MultipleOf(16)'], unknown: [] });
    expect(d.flashAttention).toMatchObject({ version: 3, known: true, because: ['device.capability'] });
    expect(d.logs).toEqual([{ level: 'INFO', text: 'Using ALPHA', places: ['toy.py:30'] }]);
  });

  it('names the facts it rests on and where they are from', () => {
    const d = ask();
    expect(d.facts).toContainEqual({
      name: 'call.head_size',
      value: 128,
      from: 'config',
      where: 'config.json',
      decisive: true,
    });
    expect(d.facts.find((f) => f.name === 'import.gamma')?.decisive ?? false).toBe(false);
  });
});

describe('a candidate', () => {
  it('is chosen, out-ranked, refused, not installed or would work', () => {
    const status = (d: Decision) => Object.fromEntries(d.candidates.map((c) => [c.backend, c.status]));
    expect(status(ask())).toEqual({ ALPHA: 'chosen', BETA: 'out-ranked', GAMMA: 'not-installed' });
    expect(status(ask({ major: 7, kv: 'fp8' }))).toEqual({
      ALPHA: 'refused',
      BETA: 'chosen',
      GAMMA: 'not-installed',
      DELTA: 'would-work',
    });
    expect(status(ask({ backend: 'BETA' }))).toMatchObject({ ALPHA: 'would-work', BETA: 'chosen' });
    expect(status(ask({ gamma: true }))).toMatchObject({ GAMMA: 'unknown' });
  });

  it('stands in the order of the list, which may depend on the question', () => {
    expect(ask().candidates.map((c) => [c.backend, c.priority])).toEqual([
      ['ALPHA', 0],
      ['BETA', 1],
      ['GAMMA', 2],
    ]);
    expect(ask({ head: 64 }).candidates.map((c) => [c.backend, c.priority])).toEqual([
      ['BETA', 0],
      ['ALPHA', 1],
      ['GAMMA', 2],
    ]);
  });

  it('before the chosen one always has a reason', () => {
    fc.assert(
      fc.property(facts, (f) => {
        const d = decide(machine, toyQuestion(f));
        if (d.winner?.how !== 'automatic') return;
        const at = d.candidates.findIndex((c) => c.status === 'chosen');
        for (const c of d.candidates.slice(0, at)) expect(c.reasons).not.toEqual([]);
      }),
    );
  });

  it('is counted step by step', () => {
    expect(ask({ major: 7 }).funnel).toEqual({ known: 4, listed: 3, installed: 2, valid: 1, chosen: 1 });
  });
});

describe('a platform that ranks no backends', () => {
  const { terms, ...rest } = toyRules();
  const own = Object.fromEntries(Object.entries(terms).filter(([name]) => !/^(?:candidates|requested)\./.test(name)));
  const unranked = createMachine({ ...rest, terms: own });

  it('has the same answers, no list, and no one out-ranked or refused on it', () => {
    fc.assert(
      fc.property(facts, (f) => {
        const d = decide(unranked, toyQuestion(f));
        expect(cameTo(d)).toBe(expected(f));
        expect(d.funnel).toBeNull();
        for (const c of d.candidates) {
          expect(['chosen', 'would-work']).toContain(c.status);
          expect(c).toMatchObject({ priority: null, reasons: [] });
        }
        expect(d.candidates.filter((c) => c.status === 'chosen').length).toBe(d.winner === null ? 0 : 1);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a reason', () => {
  it('has the value asked and the values allowed', () => {
    const d = ask({ head: 260, major: 8, minor: 1, kv: 'fp8', block: 8 });
    expect(reason(d, 'ALPHA', 'head_size not supported')?.limits).toEqual([
      {
        fact: 'call.head_size',
        asked: 260,
        allowed: { text: 'a multiple of 8, ≤ 256', max: 256, multipleOf: 8, exact: true },
      },
    ]);
    expect(reason(d, 'ALPHA', 'compute capability not supported')?.limits).toEqual([
      { fact: 'device.capability', asked: '8.1', allowed: { text: '≥ 8.3', exact: true } },
    ]);
    expect(reason(d, 'ALPHA', 'kv cache dtype fp8 not supported')?.limits).toMatchObject([
      { fact: 'call.kv_cache_dtype', asked: 'fp8', allowed: { values: ['auto', 'bf16'] } },
      { fact: 'device.capability', allowed: { text: '≥ 9.0' } },
    ]);
    expect(
      reason(d, 'BETA', 'block_size not supported')?.limits.toSorted((a, b) => a.fact.localeCompare(b.fact)),
    ).toMatchObject([
      { fact: 'cache_config.block_size', asked: 8, allowed: { text: 'a multiple of 16', multipleOf: 16 } },
      { fact: 'cache_config.user_specified_block_size', asked: true, allowed: { values: [false] } },
    ]);
  });

  it('says where it stands', () => {
    expect(reason(ask({ head: 512 }), 'ALPHA', 'head_size not supported')?.places).toEqual(['alpha.py:3']);
  });

  it('holds whatever all facts but those it names are', () => {
    fc.assert(
      fc.property(facts, facts, (f, other) => {
        const d = decide(machine, toyQuestion(f));
        for (const c of d.candidates)
          for (const r of c.reasons.filter((x) => x.certain)) {
            const keep = new Set(
              r.because.flatMap((n) => (n === 'device.capability' ? ['device.major', 'device.minor'] : [n])),
            );
            const mixed = toyQuestion(other);
            const kept = Object.entries(toyQuestion(f).facts).filter(([n]) => keep.has(n));
            const again = decide(machine, { ...mixed, facts: { ...mixed.facts, ...Object.fromEntries(kept) } });
            expect(candidate(again, c.backend)?.reasons.map((x) => x.text)).toContain(r.text);
          }
      }),
      { numRuns: 40 },
    );
  });

  it('falls with the values allowed', () => {
    fc.assert(
      fc.property(facts, (f) => {
        const question = toyQuestion(f);
        for (const c of decide(machine, question).candidates)
          for (const r of c.reasons)
            for (const limit of r.limits)
              for (const value of some(limit.allowed, [8, 16, 64, 256, 1024])) {
                const again = decide(machine, set(question, limit.fact, value), { without: ['whatif', 'forcing'] });
                expect(candidate(again, c.backend)?.reasons.map((x) => x.text) ?? []).not.toContain(r.text);
              }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a change', () => {
  it('brings the backend it promises', () => {
    fc.assert(
      fc.property(facts, (f) => {
        const question = toyQuestion(f);
        for (const w of decide(machine, question).whatif) {
          let then = question;
          for (const change of w.changes) {
            const [value] = some(change.to, [16, 64, 8, 256, 512]);
            if (value === undefined) return;
            then = set(then, change.fact, value);
            if (change.fact === 'cache_config.block_size')
              then = set(then, 'cache_config.user_specified_block_size', true);
          }
          expect(decide(machine, then, { without: ['whatif', 'forcing'] }).winner?.backend).toBe(w.backend);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is the smallest: one fact where one is enough, else two flags', () => {
    const single = ask({ kv: 'fp8', major: 8, minor: 5 }).whatif.filter((w) => w.backend === 'ALPHA');
    expect(single.map((w) => w.changes.map((c) => c.fact))).toEqual([['call.kv_cache_dtype'], ['device.capability']]);
    const two = ask({ head: 64, major: 8, minor: 5, kv: 'fp8' }).whatif.filter((w) => w.backend === 'ALPHA');
    expect(two.length).toBeGreaterThan(0);
    expect(two.every((w) => w.changes.length === 2)).toBe(true);
  });

  it('of the backend by name is told for every backend, with the error', () => {
    fc.assert(
      fc.property(facts, (f) => {
        for (const forced of decide(machine, toyQuestion(f)).forcing) {
          const d = decide(machine, toyQuestion({ ...f, backend: forced.backend }), { without: ['whatif', 'forcing'] });
          expect([forced.outcome, forced.error]).toEqual([d.outcome, d.error]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('what is unknown', () => {
  it('is named as not read where the rules could not be read', () => {
    const d = ask({ backend: 'GAMMA', gamma: true });
    expect(d.outcome).toBe('unknown');
    expect(d.possible.map((p) => p.backend ?? p.error?.type)).toEqual(['ValueError', 'GAMMA']);
    expect(d.notes).toContainEqual({ code: 'not-read', text: 'a probe of the machine (toy.py:9)' });
  });

  it('leaves the answers that can be, and the needs that separate them', () => {
    const d = decide(machine, without(toyQuestion({ ...base, kv: 'fp8' }), ['device.major', 'device.minor']));
    expect(d.outcome).toBe('unknown');
    expect(d.possible.map((p) => [p.backend, p.when.map((w) => w.map((c) => `${c.fact} ${c.is.text}`))])).toEqual([
      ['ALPHA', [['device.capability ≥ 9.0']]],
      ['BETA', [['device.capability ≤ 8.5']]],
    ]);
    expect(d.needs).toMatchObject([
      { fact: 'device.capability', leaves: [{ answers: ['BETA'] }, { answers: ['ALPHA'] }] },
    ]);
  });

  it('does not hide what is certain all the same', () => {
    const d = decide(
      machine,
      without(toyQuestion({ ...base, strict: null }), [
        'env.STRICT',
        'cache_config.block_size',
        'import.gamma',
        'call.kv_cache_dtype',
      ]),
    );
    expect(d.winner?.backend).toBe('ALPHA');
    // whether ALPHA is refused or not, one of them is chosen for certain: both ways lead to BETA
    const same = decide(
      machine,
      without(toyQuestion({ ...base, head: 64 }), ['device.major', 'device.minor', 'call.kv_cache_dtype']),
    );
    expect(same.winner?.backend).toBe('BETA');
  });

  it('never contradicts what comes out once it is known', () => {
    fc.assert(
      fc.property(facts, fc.subarray(names, { minLength: 1 }), (f, left) => {
        const question = toyQuestion(f);
        const open = decide(machine, without(question, left));
        const full = decide(machine, question);
        expect(contradicts(open, full, f)).toEqual([]);
        const certain = open.candidates.flatMap((c) =>
          c.reasons.filter((r) => r.certain).map((r) => [c.backend, r.text]),
        );
        const all = full.candidates.flatMap((c) => c.reasons.map((r) => [c.backend, r.text]));
        expect(all).toEqual(expect.arrayContaining(certain));
      }),
      { numRuns: 300 },
    );
  });
});

/** What an answer to part of a question says that the answer to the whole does not. */
function contradicts(open: Decision, full: Decision, f: ToyFacts): string[] {
  if (open.outcome !== 'unknown') return cameTo(open) === cameTo(full) ? [] : [`${cameTo(open)} is ${cameTo(full)}`];
  if (full.outcome === 'unknown') return [];
  const own = open.possible.filter((p) => (p.backend ?? p.error?.type) === cameTo(full));
  if (own.length === 0) return [`${cameTo(full)} is not possible`];
  const happens = own.some((p) => !p.complete || p.when.some((all) => all.every((c) => holds(c, f))));
  return happens ? [] : [`${cameTo(full)} happens when it should not`];
}

/** Whether a condition of an open answer holds for the facts, told from its data. */
function holds({ fact, is }: Condition, f: ToyFacts): boolean {
  if (fact === 'device.capability' || fact === 'a probe of the machine') return true;
  const given = toyQuestion(f).facts[fact]!;
  const value = given.missing ? '{missing}' : given.value;
  if (is.not) return !holds({ fact, is: is.not }, f);
  if (!is.exact) return true;
  const listed = is.values?.includes(value) ?? false;
  if (typeof value !== 'number') return listed || (is.except !== undefined && !is.except.includes(value));
  if (is.values && is.min === undefined && is.max === undefined && is.multipleOf === undefined && !is.except)
    return listed;
  return listed || some({ ...is, values: [] }, [value]).length > 0;
}

describe('variants', () => {
  it('are decided beside the question', () => {
    const variants = [
      { name: 'an older GPU', facts: { 'device.major': { value: 7, from: 'catalogue' as const } } },
      { name: 'with gamma', facts: { 'import.gamma': { value: true, from: 'stock' as const } } },
    ];
    const d = decide(machine, { ...toyQuestion(base), variants });
    expect(d.variants).toEqual([
      { name: 'an older GPU', outcome: 'starts', backend: 'BETA', same: false },
      { name: 'with gamma', outcome: 'starts', backend: 'ALPHA', same: true },
    ]);
  });
});
