import { expect, it } from 'vitest';
import { raisedByBudget } from '../../src/engine/enginestage.ts';
import { readEngineVariables } from '../../src/release/enginevars.ts';
import { createMachine, packRules, unpackRules } from '../../src/rules/index.ts';

/* A scheduler works out the room for multimodal input: how much an item takes is the word of a processor, and open. */

const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/config/__init__.py': '',
  'vllm/config/scheduler.py': `
from dataclasses import dataclass
@dataclass
class SchedulerConfig:
    max_num_batched_tokens: int = 2048
    disable_chunked_mm_input: bool = False
`,
  'vllm/v1/__init__.py': '',
  'vllm/v1/core/__init__.py': '',
  'vllm/v1/core/encoder_cache_manager.py': `
def compute_mm_encoder_budget(scheduler_config, tokens):
    if not tokens:
        return 0
    most = max(tokens.values())
    if scheduler_config.disable_chunked_mm_input and most > scheduler_config.max_num_batched_tokens:
        raise ValueError(f"an item takes {most}")
    return most
`,
};

const tree = {
  read: (file: string) => FILES[file],
  list: (folder: string) => Object.keys(FILES).filter((file) => file.startsWith(`${folder}/`)),
};
const machine = createMachine(unpackRules(packRules(readEngineVariables(tree, 'cuda').rules)));

const openOf = (facts: Readonly<Record<string, number | boolean>>): readonly string[] => {
  const { error, open } = raisedByBudget(machine, { get: (name) => facts[name] });
  expect(error).toBeUndefined();
  return open.flatMap(({ needs }) => needs);
};

const WHOLE = {
  'model_config.is_multimodal_model': true,
  'scheduler_config.disable_chunked_mm_input': true,
  'scheduler_config.max_num_batched_tokens': 448,
};
const SAID = { ...WHOLE, 'args.max_num_batched_tokens': 448 };

it('leaves a line open that says how large a batch is, where items are taken whole', () => {
  expect(openOf(SAID)).toEqual(['processor.tokens']);
});

it('says nothing where vLLM chose it, where items are put together of several, or there are none', () => {
  expect(openOf(WHOLE)).toEqual([]);
  expect(openOf({ ...SAID, 'scheduler_config.disable_chunked_mm_input': false })).toEqual([]);
  expect(openOf({ ...SAID, 'model_config.is_multimodal_model': false })).toEqual([]);
});
