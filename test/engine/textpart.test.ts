import { expect, it } from 'vitest';
import { createCaseAnswerer } from '../../src/cli/index.ts';
import type { ServeCase } from '../../src/engine/index.ts';

/* A class of text models, served with a configuration that is made of parts. */

const answers = createCaseAnswerer({ vllm: '0.32.0', platform: 'cuda', install: 'image', started: false });
const text = {
  model_type: 'llama4_text',
  architectures: ['Llama4ForCausalLM'],
  hidden_size: 1024,
  num_hidden_layers: 4,
  num_attention_heads: 8,
  num_key_value_heads: 8,
  head_dim: 128,
  dtype: 'bfloat16',
};

const served = (hf_config: object) =>
  answers.answer({
    id: 'x',
    gpu: { name: 'NVIDIA H100 80GB HBM3', capability: [9, 0], memory_gib: 79.6 },
    gpu_count: 8,
    args: ['serve', 'some/model', '--max-model-len', '4096'],
    env: {},
    hf_config,
  } as unknown as ServeCase);

it('has the layers of its text config alone where that is the whole', () => {
  expect(served(text).groups.length).toBeGreaterThan(0);
  expect(served(text).unknown).not.toContain('groups');
});

it('is not told to start where it asks the whole for what a part of it has', () => {
  const whole = { model_type: 'llama4', architectures: ['Llama4ForCausalLM'], text_config: text };
  const answer = served(whole);
  expect(answer.unknown).toContain('error');
  expect(answer.why.join('\n')).toContain('its layers are read of models whose text config is their whole config');
});

it('counts what a layer inside a model that is looked up makes of its backend', () => {
  const vision = {
    model_type: 'llama4_vision_model',
    hidden_size: 256,
    num_attention_heads: 4,
    num_hidden_layers: 2,
    intermediate_size: 512,
  };
  const parts = { text_config: { ...text, attention_chunk_size: 8192 }, vision_config: vision };
  const answer = served({ model_type: 'llama4', architectures: ['Llama4ForConditionalGeneration'], ...parts });
  expect(answer.groups.map(({ layers }) => layers)).toEqual([2, 3, 1]);
  expect(answer.unknown).toEqual([]);
  expect(answer.resolved).toMatchObject({ block_size: 16, cudagraph_mode: 'PIECEWISE' });
});
