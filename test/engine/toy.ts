import { createBook, createShipper, NO, YES } from '../../src/rules/index.ts';
import type { Book, Cond, RuleSet, Shipper, Term } from '../../src/rules/index.ts';
import type { GivenFact, Json, Question } from '../../src/engine/index.ts';

/*
 * A selection small enough to be worked out by hand: two backends on a list, one more that needs a module, one that is
 * not on the list. `expected` below says the same in plain code.
 */

export const BACKENDS = ['ALPHA', 'BETA', 'GAMMA', 'DELTA'] as const;
export const MAJORS = [7, 8, 9, 10];
export const MINORS = [0, 1, 2, 3, 4, 5];
export const KV = ['auto', 'bf16', 'fp8'];

const num = (name: string) => ({ op: 'input', name }) as const;
const lit = (value: number | string) => ({ op: 'const', value }) as const;

/** Reasons of one backend: the condition, the words. */
type Reasons = readonly (readonly [Cond, Term])[];

function conditions(b: Book) {
  const { d } = b;
  const choice = (
    name: string,
    of: readonly (string | number | boolean | null)[],
    value: string | number | boolean | null,
  ): Cond => d.is(b.choice(name, of), of.indexOf(value));
  const backend = (name: string | null): Cond => choice('attention_config.backend', [null, ...BACKENDS], name);
  const major = (n: number): Cond => choice('device.major', MAJORS, n);
  const minor = (n: number): Cond => choice('device.minor', MINORS, n);
  const kv = (name: string): Cond => choice('call.kv_cache_dtype', KV, name);
  const sized = choice('cache_config.user_specified_block_size', [false, true], true);
  const imported = choice('import.gamma', [false, true], true);
  const strict = d.and(
    d.is(b.kinds('env.STRICT', ['missing', 'str']), 1),
    b.test({ op: 'eq', args: [num('env.STRICT'), lit('1')] }),
  );
  const atMost = (n: number): Cond => b.test({ op: 'le', args: [num('call.head_size'), lit(n)] });
  const divides = (input: string, n: number): Cond =>
    b.test({ op: 'eq', args: [{ op: 'mod', args: [num(input), lit(n)] }, lit(0)] });
  return { backend, major, minor, kv, sized, imported, strict, atMost, divides };
}

function reasonsOf(b: Book): Record<string, Reasons> {
  const { d } = b;
  const c = conditions(b);
  const new8 = d.or(c.major(9), c.major(10));
  // the capability is at least 8.3
  const [capable] = b.define(
    [
      d.or(
        new8,
        d.and(
          c.major(8),
          MINORS.filter((n) => n >= 3).reduce((a: Cond, n) => d.or(a, c.minor(n)), NO),
        ),
      ),
    ],
    'toy.py:1',
    'supports',
  );
  const badBlock = d.and(c.sized, d.not(c.divides('cache_config.block_size', 16)));
  return {
    ALPHA: [
      [d.not(d.and(c.atMost(256), c.divides('call.head_size', 8))), 'head_size not supported'],
      [d.not(capable!), 'compute capability not supported'],
      [d.and(c.kv('fp8'), d.not(new8)), { text: ['kv cache dtype ', { pick: [[YES, 'fp8']] }, ' not supported'] }],
    ],
    BETA: [
      [badBlock, 'block_size not supported'],
      [c.strict, 'strictness not supported'],
    ],
    GAMMA: [[b.opaque('a probe of the machine', 'toy.py:9'), 'no probe']],
    DELTA: [[d.not(c.kv('fp8')), 'only fp8']],
  };
}

/** Ships the toy. */
export function toyRules(): RuleSet {
  const b = createBook();
  const ship = createShipper(b);
  const { d } = b;
  const c = conditions(b);
  const reasons = reasonsOf(b);
  const list = (name: string): Term => ({
    list: reasons[name]!.map(([g, t]) => [g, t, [ship.place(`${name.toLowerCase()}.py:3`)]] as const),
  });
  const any = (name: string): Cond => reasons[name]!.reduce((a: Cond, [g]) => d.or(a, g), NO);
  const absent = d.not(c.imported);
  // BETA comes first where the head is small
  const small = c.atMost(64);
  const order = [
    { name: 'BETA', on: small, refused: any('BETA') },
    { name: 'ALPHA', on: YES, refused: any('ALPHA') },
    { name: 'BETA', on: d.not(small), refused: any('BETA') },
    { name: 'GAMMA', on: YES, refused: d.or(absent, any('GAMMA')) },
  ];
  ship.add('candidates.valid', { list: order.map((o) => [d.and(o.on, d.not(o.refused)), o.name] as const) });
  ship.add('candidates.refused', {
    list: order.map((o) => {
      const priority =
        o.name === 'GAMMA'
          ? 2
          : o.name === 'ALPHA'
            ? {
                pick: [
                  [small, 1],
                  [YES, 0],
                ] as [Cond, Term][],
              }
            : o.on === small
              ? 0
              : 1;
      const own = list(o.name) as { list: readonly (readonly [Cond, Term, number[]])[] };
      const all =
        o.name === 'GAMMA'
          ? {
              list: [
                [absent, "ModuleNotFoundError: No module named 'gamma'", [ship.place('gamma.py:1')]] as const,
                ...own.list.map(([g, t, p]) => [d.and(c.imported, g), t, p] as const),
              ],
            }
          : own;
      return [d.and(o.on, o.refused), { record: { backend: o.name, priority, reasons: all } }] as const;
    }),
  });
  for (const name of BACKENDS) {
    const raise: Term = { record: { raise: 'ModuleNotFoundError', text: "No module named 'gamma'" } };
    ship.add(`requested.${name}`, {
      record: {
        reasons: list(name),
        events: { list: name === 'GAMMA' ? [[absent, raise, [ship.place('gamma.py:1')]]] : [] },
      },
    });
    ship.add(`backend.${name}`, {
      record: {
        class: `toy.${name}`,
        name,
        block_size: 16,
        supported_block_sizes: { list: [[YES, 'MultipleOf(16)']] },
      },
    });
  }
  choose(b, ship, order, reasons, absent);
  ship.add('flash_attn_version.attention', {
    pick: [
      [c.major(9), 3],
      [YES, 2],
    ],
  });
  return ship.ship();
}

function choose(
  b: Book,
  ship: Shipper,
  order: readonly { name: string; on: Cond; refused: Cond }[],
  reasons: Record<string, Reasons>,
  absent: Cond,
): void {
  const { d } = b;
  const c = conditions(b);
  const auto = c.backend(null);
  const any = (name: string): Cond =>
    d.or(
      reasons[name]!.reduce((a: Cond, [g]) => d.or(a, g), NO),
      name === 'GAMMA' ? absent : NO,
    );
  const wins: (readonly [Cond, string])[] = [];
  let left = auto;
  for (const o of order) {
    const here = d.and(left, d.and(o.on, d.not(o.refused)));
    wins.push([here, o.name]);
    left = d.and(left, d.not(here));
  }
  const raise = (guard: Cond, text: Term): readonly [Cond, Term, number[]] => [
    guard,
    { record: { raise: 'ValueError', text } },
    [ship.place('toy.py:20')],
  ];
  const forced = BACKENDS.map((name) =>
    raise(d.and(c.backend(name), any(name)), `Selected backend ${name} is not valid`),
  );
  for (const name of BACKENDS) wins.push([d.and(c.backend(name), d.not(any(name))), name]);
  ship.add('selection.events', {
    list: [
      [YES, { record: { call: { list: [...forced, raise(left, 'No valid backend')] } } }],
      ...wins.map(
        ([g, name]) => [g, { record: { log: 'INFO', text: `Using ${name}` } }, [ship.place('toy.py:30')]] as const,
      ),
      [YES, { record: { log: 'DEBUG', text: 'chosen' } }, [ship.place('toy.py:31')]],
    ],
  });
  ship.add('selection.class', { pick: wins.map(([g, name]) => [g, `toy.${name}`] as const) });
  ship.add('selection.name', { pick: wins });
}

export interface ToyFacts {
  readonly backend: string | null;
  readonly major: number;
  readonly minor: number;
  readonly kv: string;
  readonly head: number;
  readonly block: number | null;
  readonly gamma: boolean;
  readonly strict: string | null;
}

/** The facts by the names of the rules. */
export function toyQuestion(f: ToyFacts): Question {
  const flag = (value: Json): GivenFact => ({ value, from: 'flag', where: '--flag' });
  return {
    release: 'toy',
    platform: 'cuda',
    facts: {
      'attention_config.backend': flag(f.backend),
      'device.major': { value: f.major, from: 'catalogue' },
      'device.minor': { value: f.minor, from: 'catalogue' },
      'call.kv_cache_dtype': flag(f.kv),
      'call.head_size': { value: f.head, from: 'config', where: 'config.json' },
      'cache_config.user_specified_block_size': flag(f.block !== null),
      'cache_config.block_size': flag(f.block ?? 16),
      'import.gamma': { value: f.gamma, from: 'stock' },
      'env.STRICT': f.strict === null ? { missing: true, from: 'env' } : { value: f.strict, from: 'env' },
    },
  };
}

/** What comes out, in plain code; the opaque probe of GAMMA leaves what rests on it open. */
export function expected(f: ToyFacts): string {
  const atLeast = f.major > 8 || (f.major === 8 && f.minor >= 3);
  const alpha = f.head <= 256 && f.head % 8 === 0 && atLeast && !(f.kv === 'fp8' && f.major < 9);
  const beta = (f.block === null || f.block % 16 === 0) && f.strict !== '1';
  const valid: Record<string, boolean | undefined> = {
    ALPHA: alpha,
    BETA: beta,
    GAMMA: f.gamma ? undefined : false,
    DELTA: f.kv === 'fp8',
  };
  if (f.backend !== null)
    return valid[f.backend] === undefined ? 'unknown' : valid[f.backend] ? f.backend : 'ValueError';
  for (const name of f.head <= 64 ? ['BETA', 'ALPHA'] : ['ALPHA', 'BETA']) if (valid[name]) return name;
  return f.gamma ? 'unknown' : 'ValueError';
}
