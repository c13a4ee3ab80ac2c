import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDomains, describeNumbers, describeValues, MISSING } from '../../src/rules/index.ts';
import type { Expr, Fact, RuleSet, ShippedMeaning, ValueSet } from '../../src/rules/index.ts';

const input = (name: string): Expr => ({ op: 'input', name });
const value = (v: number | string): Expr => ({ op: 'const', value: v });
const test = (op: string, ...args: Expr[]): ShippedMeaning => ({ test: op, args });
const rules = (...variables: ShippedMeaning[]): RuleSet => ({ variables, nodes: [], places: [], terms: {} });
const nothing = { get: () => undefined };

const tried = Array.from({ length: 400 }, (_, i) => i + 1);
const numbers = (has: (n: number) => boolean): ValueSet => describeNumbers({ tried, settled: 256 }, has);

/** Whether the data of an exact set holds a number. */
function holds(set: ValueSet, n: number): boolean {
  if (set.not) return !holds(set.not, n);
  if (set.values?.includes(n)) return true;
  const listedOnly = set.values && set.min === undefined && set.max === undefined && !set.multipleOf && !set.except;
  if (listedOnly || set.except?.includes(n)) return false;
  return n >= (set.min ?? 0) && n <= (set.max ?? Infinity) && n % (set.multipleOf ?? 1) === 0;
}

describe('a set of numbers in few words', () => {
  it.each([
    ['64, 128 or 256', (n: number) => [64, 128, 256].includes(n)],
    ['≤ 256', (n: number) => n <= 256],
    ['≥ 80', (n: number) => n >= 80],
    ['a multiple of 16', (n: number) => n % 16 === 0],
    ['a multiple of 8, ≤ 256', (n: number) => n % 8 === 0 && n <= 256],
    ['1 or a multiple of 16', (n: number) => n === 1 || n % 16 === 0],
    ['anything but 80 or 96', (n: number) => n !== 80 && n !== 96],
    ['a multiple of 16, ≥ 32 but 48', (n: number) => n % 16 === 0 && n >= 32 && n !== 48],
    ['not a multiple of 16', (n: number) => n % 16 !== 0],
    ['anything', () => true],
    ['nothing', () => false],
  ])('%s', (words, has) => {
    expect(numbers(has).text).toBe(words);
  });

  it('says in its data what it says in words', () => {
    fc.assert(
      fc.property(fc.nat(260), fc.nat(260), fc.constantFrom(1, 2, 16), fc.array(fc.nat(256)), (a, b, m, odd) => {
        const has = (n: number): boolean => (n % m === 0 && n >= a && (b < a || n <= b)) !== odd.includes(n);
        const set = numbers(has);
        // an open set names some of its values
        const said = set.exact ? tried.filter((n) => holds(set, n)) : (set.values as number[]);
        expect(said).toEqual(set.exact ? tried.filter(has) : said.filter(has));
      }),
    );
  });
});

describe('a set of values in few words', () => {
  it('names them, or those that are not in it', () => {
    const all = ['auto', 'bf16', 'fp8', null, MISSING] as const;
    expect(describeValues(all, (v) => v === 'auto' || v === null).text).toBe('auto or none');
    expect(describeValues(all, () => true)).toEqual({ text: 'anything', except: [], exact: true });
    const many = Array.from({ length: 20 }, (_, i) => `v${i}`);
    expect(describeValues(many, (v) => v !== 'v3')).toEqual({ text: 'anything but v3', except: ['v3'], exact: true });
  });

  it('of rising numbers names the end', () => {
    expect(describeValues([7, 8, 9, 10], (v) => (v as number) >= 9)).toEqual({ text: '≥ 9', min: 9, exact: true });
  });
});

describe('the domain of an input', () => {
  it('has a region for everything that the rules tell apart, and no more', () => {
    const size = test('le', input('head'), value(256));
    const eight = test('eq', { op: 'mod', args: [input('head'), value(8)] }, value(0));
    const domain = createDomains(rules(size, eight)).of('head', nothing);
    expect(domain.regions).toHaveLength(4);
    expect(domain.exact).toBe(true);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (n) => {
        const sample = domain.regions[domain.at({ get: () => n })]!.head as number;
        expect([sample <= 256, sample % 8 === 0]).toEqual([n <= 256, n % 8 === 0]);
      }),
    );
  });

  it('takes the other inputs of a test from the question', () => {
    const product = test('eq', { op: 'mul', args: [input('heads'), input('dcp')] }, value(128));
    const domain = createDomains(rules(product)).of('heads', { get: (n) => (n === 'dcp' ? 2 : undefined) });
    expect(domain.describe((r) => domain.at({ get: (n) => (n === 'dcp' ? 2 : 64) }) === r).text).toBe('64');
  });

  it('says whether a value is missing, none, a text or a number', () => {
    const kind: ShippedMeaning = { kinds: 'x', of: ['missing', 'none', 'int', 'str'] };
    const domain = createDomains(rules(kind, test('le', input('x'), value(16)))).of('x', nothing);
    const at = (fact: Fact): number => domain.at({ get: () => fact });
    expect(domain.describe((r) => r === at(null) || r === at(3)).text).toBe('none, ≤ 16');
    expect(new Set([at(MISSING), at(null), at(3), at(99), at('text')]).size).toBe(5);
  });

  it('orders versions as Python does', () => {
    const domain = createDomains(rules(test('vle', value('0.6.18'), input('v')))).of('v', nothing);
    const at = (v: string): number => domain.at({ get: () => v });
    expect(domain.describe((r) => r === at('0.6.20')).text).toBe('≥ 0.6.18');
    expect(domain.describe((r) => r === at('0.6.9')).text).toBe('< 0.6.18');
  });
});
