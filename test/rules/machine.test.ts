import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBook, createMachine, createShipper, MISSING, UNKNOWN, YES } from '../../src/rules/index.ts';
import type { Book, Cond, Expr, Fact, Machine, Term } from '../../src/rules/index.ts';

const input = (name: string): Expr => ({ op: 'input', name });
const value = (v: number | string): Expr => ({ op: 'const', value: v });

/** A rule set of a few inputs of every kind, and a term whose value says all of them. */
function made(): Machine {
  const b = createBook();
  const { d } = b;
  const colour = (name: string): Cond =>
    d.is(b.choice('colour', ['red', 'green', 'blue']), ['red', 'green', 'blue'].indexOf(name));
  const big = b.test({ op: 'lt', args: [value(10), input('size')] });
  const even = b.test({ op: 'eq', args: [{ op: 'mod', args: [input('size'), value(2)] }, value(0)] });
  const set = d.is(b.kinds('note', ['missing', 'none', 'str']), 2);
  const [odd] = b.define([d.and(d.not(even), d.or(big, colour('blue')))], 'a.py:1', 'odd');
  const ship = createShipper(b);
  ship.add('all', all(b, { colour, big, even, set, odd: odd! }));
  return createMachine(ship.ship());
}

function all(b: Book, c: { colour: (name: string) => Cond; big: Cond; even: Cond; set: Cond; odd: Cond }): Term {
  const { d } = b;
  return {
    record: {
      colour: {
        pick: [
          [c.colour('red'), 'r'],
          [c.colour('green'), 'g'],
          [YES, 'b'],
        ],
      },
      marks: {
        list: [
          [c.big, 'big'],
          [c.even, 'even'],
          [c.odd, { text: ['odd ', { expr: input('size') }] }],
          [d.and(c.set, c.big), { text: ['noted ', { expr: input('note') }] }],
        ],
      },
      // what is the same either way is certain
      same: {
        pick: [
          [c.set, 1],
          [YES, 1],
        ],
      },
    },
  };
}

const facts: fc.Arbitrary<Map<string, Fact>> = fc
  .record(
    {
      colour: fc.constantFrom('red', 'green', 'blue'),
      size: fc.integer({ min: 0, max: 20 }),
      note: fc.constantFrom<Fact>(MISSING, null, 'x', 'y'),
    },
    { requiredKeys: [] },
  )
  .map((r) => new Map<string, Fact>(Object.entries(r)));

const resolved = (machine: Machine): unknown => [
  machine.resolve(machine.rules.terms['all']!),
  machine.unknowns(),
  machine.used(),
];

describe('a machine', () => {
  it('makes of a question that differs in some facts what it makes of it anew', () => {
    fc.assert(
      fc.property(fc.array(facts, { minLength: 2, maxLength: 6 }), (questions) => {
        const machine = made();
        let before: Map<string, Fact> | undefined;
        for (const question of questions) {
          const was = before;
          machine.renew({
            get: (name) => question.get(name),
            since: () => (name) => was?.get(name) !== question.get(name),
          });
          const said = [machine.resolve(machine.rules.terms['all']!), machine.unknowns()];
          const anew = made();
          anew.load(question);
          expect(said).toEqual([anew.resolve(anew.rules.terms['all']!), anew.unknowns()]);
          before = question;
        }
      }),
    );
  });

  it('says what is certain, and UNKNOWN where it depends on an unknown fact', () => {
    const machine = made();
    machine.load(
      new Map<string, Fact>([
        ['size', 4],
        ['colour', 'blue'],
      ]),
    );
    expect(machine.resolve(machine.rules.terms['all']!)).toEqual({ colour: 'b', marks: ['even'], same: 1 });
    machine.load(new Map<string, Fact>([['size', 12]]));
    expect(machine.resolve(machine.rules.terms['all']!)).toEqual({ colour: UNKNOWN, marks: UNKNOWN, same: 1 });
    expect(machine.unknowns()).toEqual(['colour', 'note']);
  });

  it('reads a fact when a rule asks for it, once, and names those it read', () => {
    const machine = made();
    const asked: string[] = [];
    machine.load({ get: (name) => (asked.push(name), name === 'size' ? 3 : 'red') });
    machine.resolve({ pick: [[YES, 'nothing']] });
    expect([asked, machine.used()]).toEqual([[], []]);
    resolved(machine);
    resolved(machine);
    expect(asked.toSorted()).toEqual([...new Set(asked)].toSorted());
    expect(machine.used().toSorted()).toEqual(asked.toSorted());
  });

  it('answers a question the same from a source as when it is loaded', () => {
    const machine = made();
    const start = machine.source((name) => (q: Map<string, Fact>) => q.get(name));
    fc.assert(
      fc.property(facts, (q) => {
        machine.load(q);
        const loaded = resolved(machine);
        start(q);
        expect(resolved(machine)).toEqual(loaded);
      }),
    );
  });
});

describe('a trail', () => {
  it('gives what its work would give, whatever was asked before', () => {
    fc.assert(
      fc.property(fc.array(facts, { maxLength: 60 }), (questions) => {
        const machine = made();
        const trail = machine.trail(() => resolved(machine));
        for (const q of [...questions, ...questions]) {
          machine.load(q);
          const worked = resolved(machine);
          machine.load(q);
          expect(trail()).toEqual(worked);
        }
      }),
    );
  });

  it('gives that as well where a question is one before with other facts, and something of it was worked out', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(facts, fc.boolean()), { maxLength: 60 }), (questions) => {
        const machine = made();
        const [other, trail] = [made(), machine.trail(() => resolved(machine))];
        const all = [...questions, ...questions].map(([q, early]) => ({ q, early }));
        for (const [i, { q, early }] of all.entries()) {
          const before = all[i - 1]?.q;
          const differs = (name: string): boolean => before?.get(name) !== q.get(name);
          const next = { get: (name: string) => q.get(name), since: () => (before ? differs : undefined) };
          machine.renew(next);
          if (early) machine.resolve(machine.rules.terms['all']!);
          other.load(q);
          expect(trail()).toEqual(resolved(other));
        }
      }),
    );
  });

  it('does its work once for questions that do not differ in what it rests on', () => {
    const machine = made();
    let works = 0;
    const trail = machine.trail(() => (works++, machine.resolve(machine.rules.terms['all']!)));
    const ask = (size: number, note: Fact): unknown => {
      machine.load(
        new Map<string, Fact>([
          ['size', size],
          ['colour', 'red'],
          ['note', note],
        ]),
      );
      return trail();
    };
    const first = ask(4, 'x');
    // the note stands in no text of small sizes, and all small even sizes are alike
    expect(ask(8, 'y')).toBe(first);
    expect(works).toBe(1);
    // a size that stands in a text is told apart
    expect([ask(11, 'x'), ask(13, 'x'), ask(11, 'x')]).toMatchObject([
      { marks: ['big', 'odd 11', 'noted x'] },
      { marks: ['big', 'odd 13', 'noted x'] },
      { marks: ['big', 'odd 11', 'noted x'] },
    ]);
    expect(works).toBe(3);
  });

  it('does not keep what was asked after something else of the question was worked out', () => {
    const machine = made();
    const trail = machine.trail(() => machine.resolve(machine.rules.terms['all']!));
    const ask = (colour: string, early: boolean): unknown => {
      machine.load(
        new Map<string, Fact>([
          ['size', 4],
          ['colour', colour],
          ['note', null],
        ]),
      );
      if (early) machine.resolve(machine.rules.terms['all']!);
      return trail();
    };
    ask('red', true);
    expect(ask('green', false)).toMatchObject({ colour: 'g' });
    expect(ask('blue', true)).toMatchObject({ colour: 'b' });
  });
});
