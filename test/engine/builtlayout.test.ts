import { describe, expect, it } from 'vitest';
import { type Cached, type LayerCall, settledLayout } from '../../src/engine/index.ts';
import { createMachine, type Fact, type Resolved, type Term, YES } from '../../src/rules/index.ts';

const listOf = (...names: readonly Term[]): Term => ({ list: names.map((name) => [YES, name] as const) });

/** A backend may declare nothing, first A, or B alone. Where shapes differ C is what A comes to. */
const TERMS: Readonly<Record<string, Term>> = {
  'layout.kinds': listOf(null, listOf('A', 'C'), listOf('B')),
  'layout.0+0.one': 'A',
  'layout.0+0.mixed': 'A',
  'layout.0+1.one': 'A',
  'layout.0+1.mixed': 'C',
  'layout.1+1.one': 'A',
  'layout.1+1.mixed': 'C',
  'layout.0+2.one': 'B',
  'layout.0+2.mixed': 'B',
  'layout.2+2.one': 'B',
  'layout.2+2.mixed': 'B',
};
const rules = createMachine({ variables: [], nodes: [], places: [], terms: TERMS });
const selection = createMachine({ variables: [], nodes: [], places: [], terms: {} });

const layer = (backend: string, layouts: Resolved, more: Partial<LayerCall> = {}): Cached => ({
  backend,
  facts: { get: () => undefined },
  call: {
    asks: 'ask',
    layer: 'Layer',
    by: '',
    name: '',
    args: { head_size: 64 },
    beside: {},
    certain: true,
    place: undefined,
    needs: [],
    because: () => [],
    layouts,
    ...more,
  },
});

const FACTS: Readonly<Record<string, Fact>> = {
  'parallel_config.decode_context_parallel_size': 1,
  speculative_config: null,
};
const settled = (layers: readonly Cached[], facts: Readonly<Record<string, Fact>> = FACTS): unknown =>
  settledLayout(rules, selection, { get: (name) => facts[name] }, layers)?.fact('final.kv_cache_layout')?.value;

describe('the layout of the cache', () => {
  it('is what one backend comes to, or one beside others that declare nothing', () => {
    expect(settled([layer('X', null)])).toBe('A');
    expect(settled([layer('X', ['B'])])).toBe('B');
    expect(settled([layer('X', null), layer('Y', ['B']), layer('Z', null)])).toBe('B');
  });

  it('is not told where backends declare different ones, or one is not known', () => {
    expect(settled([layer('X', ['B']), layer('Y', ['A', 'C'])])).toBeUndefined();
    expect(settled([layer('X', ['D'])])).toBeUndefined();
  });

  it('is not told where it depends on shapes that are not the same', () => {
    expect(settled([layer('X', ['A', 'C'])])).toBe('A');
    const wide = layer('X', ['A', 'C'], { args: { head_size: 128 } });
    expect(settled([layer('X', ['A', 'C']), wide])).toBeUndefined();
  });

  it('is told of a cache that is sharded where all layers are alike', () => {
    const sharded = { ...FACTS, 'parallel_config.decode_context_parallel_size': 2 };
    expect(settled([layer('X', null), layer('X', null)], sharded)).toBe('A');
    expect(settled([layer('X', null), layer('X', null, { args: { head_size: 32 } })], sharded)).toBeUndefined();
  });
});
