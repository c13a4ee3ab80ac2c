import { describe, expect, it } from 'vitest';
import { unaskedVariables } from '../../src/cli/variables.ts';
import type { ReleaseData, ServerRules } from '../../src/engine/index.ts';

const server = {
  inputs: ['env.VLLM_READ', 'args.part_config.kept'],
  table: {
    flags: [
      { dest: 'part_config', options: ['--part-config', '-pc'] },
      { dest: 'plain', options: ['--plain'] },
    ],
  },
} as unknown as ServerRules;
const release = {
  release: '2.0.0',
  environment: { VLLM_CACHE_ROOT: 'vllm/envs.py:1', VLLM_READ: 'vllm/envs.py:2' },
} as unknown as ReleaseData;
const variableFields = {
  VLLM_KEPT: 'part_config.kept',
  VLLM_PLAIN: 'part_config.plain',
  VLLM_GONE: 'part_config.gone',
};
const before = (name: string): { release: string; variableFields: Record<string, string> } | undefined =>
  name === 'VLLM_DROPPED' || Object.hasOwn(variableFields, name) ? { release: '1.9.0', variableFields } : undefined;
const told = (name: string): readonly string[] => unaskedVariables(server, release, { [name]: '1' }, before);

describe('a variable for vLLM', () => {
  it('is told where the release dropped it, with the last one that had it', () => {
    expect(told('VLLM_DROPPED')).toEqual(['VLLM_DROPPED is set, and vLLM 2.0.0 no longer reads it: 1.9.0 did.']);
  });

  it('is told with the flag that sets now what it set, where the release has one', () => {
    expect(['VLLM_KEPT', 'VLLM_PLAIN', 'VLLM_GONE'].map((name) => told(name)[0])).toEqual([
      'VLLM_KEPT is set, and vLLM 2.0.0 no longer reads it: 1.9.0 did. It set part_config.kept, as --part-config.kept does now.',
      'VLLM_PLAIN is set, and vLLM 2.0.0 no longer reads it: 1.9.0 did. It set part_config.plain, as --plain does now.',
      'VLLM_GONE is set, and vLLM 2.0.0 no longer reads it: 1.9.0 did.',
    ]);
  });

  it('is told with the name that was perhaps meant where no release has it', () => {
    expect(told('VLLM_CACHE_ROT')).toEqual([
      'VLLM_CACHE_ROT is set, and vLLM 2.0.0 has no such variable. Did you mean VLLM_CACHE_ROOT?',
    ]);
  });

  it('is told where the release has it and nothing that was read asks for it', () => {
    expect(told('VLLM_CACHE_ROOT')[0]).toContain('nothing that was read of this release asks for it');
  });

  it('is nothing to tell of where it is asked for, or is not for vLLM', () => {
    expect([...told('VLLM_READ'), ...told('HF_HOME')]).toEqual([]);
  });
});
