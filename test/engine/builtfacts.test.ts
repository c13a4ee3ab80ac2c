import { describe, expect, it } from 'vitest';
import { builtFacts, type Chosen, createKnown, type Json, type OwnBackend } from '../../src/engine/index.ts';
import { createMachine, MISSING, type Resolved, type Term, UNKNOWN, YES } from '../../src/rules/index.ts';

const bytes = { op: 'input', name: 'built.state_bytes' } as const;
const listOf = (...items: readonly Term[]): Term => ({ list: items.map((item) => [YES, item] as const) });

/** KEYS and OTHER attend and take multiples of 16, MANY takes 64; where both are there it depends on which comes first. */
const TERMS: Readonly<Record<string, Term>> = {
  'built.KEYS.is_ssm': false,
  'built.KEYS.block_size': { expr: { op: 'mul', args: [{ op: 'const', value: 2 }, bytes] } },
  'built.KEYS.sizes': listOf('16'),
  'built.OTHER.is_ssm': false,
  'built.OTHER.block_size': 16,
  'built.OTHER.sizes': listOf('16'),
  'built.MANY.is_ssm': false,
  'built.MANY.sizes': listOf('64'),
  'built.STATE.is_ssm': true,
  'built.ALIGNED.is_ssm': false,
  'built.ALIGNED.block_size': { fact: 'built.checkpoint_alignment' },
  'blocks.kinds': listOf(listOf('16'), listOf('64'), listOf('128')),
  'blocks.0': 16,
  'blocks.1': 64,
  'blocks.0+0': 16,
  'blocks.0+1': 16,
  'blocks.1+0': 64,
  'blocks.1+2': 128,
  'blocks.2+1': 128,
  'built.cudagraph_levels': listOf('NEVER', 'SOME', 'ALWAYS'),
  'built.cudagraph_mode': { expr: { op: 'input', name: 'built.cudagraph_support' } },
};
const rules = createMachine({ variables: [], nodes: [], places: [], terms: TERMS });
const selection = createMachine({
  variables: [],
  nodes: [],
  places: [],
  terms: { 'backend.MANY': { record: { class: 'a.Many', cudagraph_support: 'ALWAYS' } } },
});

const PLAIN: Readonly<Record<string, Json>> = {
  'model_config.is_hybrid': false,
  'cache_config.kv_cache_dtype_skip_layers': [],
};
const own = (sizes: Resolved, more: Partial<OwnBackend> = {}): Chosen => ({
  own: { class: 'a.Own', sizes, state: false, graphs: 'SOME', aligned: MISSING, ...more },
});

interface Around {
  readonly stateBytes?: Resolved;
  readonly facts?: Readonly<Record<string, Json>>;
}

function factOf(
  name: string,
  layers: readonly (string | Chosen)[],
  { stateBytes = UNKNOWN, facts = PLAIN }: Around = {},
) {
  const chosen = layers.map((one) =>
    typeof one === 'string' ? { backend: one, facts: { get: () => undefined } } : one,
  );
  const source = {
    fact: (of: string) => (of in facts ? { value: facts[of]!, from: 'flag' as const } : undefined),
    because: () => [],
  };
  const built = builtFacts(rules, selection, createKnown([source]), { chosen, stateBytes, compiled: UNKNOWN });
  return built?.fact(name)?.value;
}
const sizeOf = (layers: readonly (string | Chosen)[], around?: Around): unknown =>
  factOf('final.block_size', layers, around);

describe('the block size of a built model', () => {
  it('follows the only backend that attends, whatever states are kept beside it', () => {
    expect(sizeOf(['STATE', 'KEYS', 'STATE'], { stateBytes: 24 })).toBe(48);
    expect(sizeOf(['KEYS', 'STATE'])).toBeUndefined();
    expect(sizeOf(['OTHER', 'STATE'])).toBe(16);
    expect(sizeOf(['STATE'], { stateBytes: 24 })).toBeUndefined();
  });

  it('follows what all layers that keep a state align their checkpoints to', () => {
    const state = (aligned: Resolved): Chosen => own([], { state: true, aligned });
    expect(sizeOf(['ALIGNED', state(64), state(96)])).toBe(192);
    const named: Chosen = { backend: 'STATE', facts: { get: () => undefined }, aligned: 128 };
    expect(sizeOf(['ALIGNED', state(64), named])).toBe(128);
    expect(sizeOf(['ALIGNED', state(64), state(null), state(UNKNOWN)])).toBe(null);
    expect(sizeOf(['ALIGNED', state(64), { ...named, aligned: null }])).toBe(null);
    expect(sizeOf(['ALIGNED', state(64), state(UNKNOWN)])).toBeUndefined();
  });

  it('is what all backends come to by what they declare, one that a layer has of its own accord among them', () => {
    expect(sizeOf(['KEYS', 'OTHER'])).toBe(16);
    expect(sizeOf(['MANY', own(['128'])])).toBe(128);
    expect(sizeOf([own(['64'])])).toBe(64);
  });

  it('is not told where the order counts, where a backend declares something else, or where a model is not plain', () => {
    expect(sizeOf(['KEYS', 'MANY'])).toBeUndefined();
    expect(sizeOf(['MANY', own(['256'])])).toBeUndefined();
    expect(sizeOf(['MANY', own(UNKNOWN)])).toBeUndefined();
    expect(sizeOf(['KEYS', 'MANY', own(['128'])])).toBeUndefined();
    expect(sizeOf(['KEYS', 'OTHER'], { facts: { ...PLAIN, 'model_config.is_hybrid': true } })).toBeUndefined();
    expect(sizeOf(['KEYS', 'OTHER'], { facts: {} })).toBeUndefined();
  });
});

/** A layer that makes a backend of its own of the one that it was given. */
const wrapping = (backend: string, sizes: Resolved, graphs: Resolved): Chosen => ({
  backend,
  facts: { get: () => undefined },
  wrapped: { by: 'Layer', sizes, graphs },
});

describe('a backend that a layer makes of another one', () => {
  it('is one more beside it, with what it says otherwise', () => {
    expect(sizeOf(['KEYS', wrapping('KEYS', true, MISSING)])).toBe(16);
    expect(sizeOf([wrapping('OTHER', true, MISSING)])).toBe(16);
    expect(sizeOf(['KEYS', wrapping('KEYS', false, MISSING)])).toBeUndefined();
    const mode = (graphs: Resolved): unknown =>
      factOf('final.cudagraph_mode', ['MANY', wrapping('MANY', true, graphs)]);
    expect(mode(MISSING)).toBe('ALWAYS');
    expect(mode('NEVER')).toBe('NEVER');
    expect(mode(UNKNOWN)).toBeUndefined();
  });
});

describe('the CUDA graphs of a built model', () => {
  it('are by the weakest backend, one that a layer has of its own accord among them', () => {
    const mode = (...layers: readonly (string | Chosen)[]): unknown => factOf('final.cudagraph_mode', layers);
    expect(mode('MANY')).toBe('ALWAYS');
    expect(mode('MANY', own(['128']))).toBe('SOME');
    expect(mode('MANY', own(['128'], { graphs: UNKNOWN }))).toBeUndefined();
    const named = (graphs: Resolved): Chosen => ({ backend: 'KEYS', facts: { get: () => undefined }, graphs });
    expect(mode('MANY', named('SOME'))).toBe('SOME');
    expect(mode('MANY', named(UNKNOWN))).toBeUndefined();
  });
});
