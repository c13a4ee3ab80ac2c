import { describe, expect, it } from 'vitest';
import { builtFacts, createKnown } from '../../src/engine/index.ts';
import { createMachine, type Fact, type Resolved, type Term, UNKNOWN } from '../../src/rules/index.ts';

const bytes = { op: 'input', name: 'built.state_bytes' } as const;
const TERMS: Readonly<Record<string, Term>> = {
  'built.KEYS.is_ssm': false,
  'built.KEYS.block_size': { expr: { op: 'mul', args: [{ op: 'const', value: 2 }, bytes] } },
  'built.OTHER.is_ssm': false,
  'built.OTHER.block_size': 16,
  'built.STATE.is_ssm': true,
};
const rules = createMachine({ variables: [], nodes: [], places: [], terms: TERMS });
const selection = createMachine({ variables: [], nodes: [], places: [], terms: {} });

const sizeOf = (backends: readonly string[], stateBytes: Resolved): Fact | undefined => {
  const chosen = backends.map((backend) => ({ backend, facts: { get: () => undefined } }));
  const known = createKnown([]);
  return builtFacts(rules, selection, known, { chosen, stateBytes, compiled: UNKNOWN })?.fact('final.block_size')
    ?.value;
};

describe('the block size of a built model', () => {
  it('follows the only backend that attends, whatever states are kept beside it', () => {
    expect(sizeOf(['STATE', 'KEYS', 'STATE'], 24)).toBe(48);
    expect(sizeOf(['KEYS', 'STATE'], UNKNOWN)).toBeUndefined();
    expect(sizeOf(['OTHER', 'STATE'], UNKNOWN)).toBe(16);
  });

  it('is not told where several attend, or none', () => {
    expect(sizeOf(['KEYS', 'OTHER'], 24)).toBeUndefined();
    expect(sizeOf(['STATE'], 24)).toBeUndefined();
  });
});
