import { describe, expect, it } from 'vitest';
import { checkModels, findModel } from '../../src/catalog/index.ts';
import { listModels, readModel } from '../../src/disk/index.ts';
import { WhichattnError } from '../../src/rules/index.ts';

const ids = listModels();
const models = ids.map((id) => ({ id }));
const find = (typed: string): string => findModel(models, typed).id;

function refusal(typed: string, among = models): WhichattnError {
  try {
    findModel(among, typed);
  } catch (error) {
    if (error instanceof WhichattnError) return error;
  }
  throw new Error(`${typed} was found`);
}

describe('the models', () => {
  it('are sound', async () => {
    expect(await checkModels(ids.map((id) => ({ id, row: readModel(id) })))).toEqual([]);
  });

  it('hold at least sixty, and those that everybody tries first', () => {
    expect(ids.length).toBeGreaterThanOrEqual(60);
    expect(ids).toEqual(
      expect.arrayContaining([
        'facebook/opt-125m',
        'meta-llama/Llama-3.1-8B',
        'meta-llama/Llama-3.1-8B-Instruct',
        'mistralai/Mistral-7B-Instruct-v0.3',
        'Qwen/Qwen2.5-7B-Instruct',
        'Qwen/Qwen3-8B',
        'google/gemma-3-27b-it',
        'deepseek-ai/DeepSeek-V3',
        'openai/gpt-oss-20b',
        'openai/gpt-oss-120b',
      ]),
    );
  });

  it('hold published files, not the defaults of a library', () => {
    for (const id of ids) expect(readModel(id).source.what).toBe('published config.json');
    // A library's defaults would say 32 layers here, or nothing of the dtype.
    expect(readModel('facebook/opt-125m').config).toMatchObject({ num_hidden_layers: 12, torch_dtype: 'float16' });
  });

  // One model for each thing that a choice of backend turns on.
  it.each<[string, string, object]>([
    ['a latent cache', 'deepseek-ai/DeepSeek-V3', { kv_lora_rank: 512, qk_rope_head_dim: 64 }],
    ['a sparse index', 'deepseek-ai/DeepSeek-V3.2', { index_topk: 2048 }],
    ['sinks and a window', 'openai/gpt-oss-20b', { sliding_window: 128, head_dim: 64 }],
    ['a soft cap', 'google/gemma-2-2b-it', { attn_logit_softcapping: 50, head_dim: 256 }],
    ['a window on some layers', 'google/gemma-3-1b-it', { sliding_window: 512, head_dim: 256 }],
    ['a window on all layers', 'mistralai/Mistral-7B-v0.1', { sliding_window: 4096 }],
    ['a window that is switched off', 'Qwen/Qwen2.5-7B-Instruct', { use_sliding_window: false }],
    ['one KV head', 'deepseek-ai/DeepSeek-V4-Flash', { num_key_value_heads: 1, head_dim: 512 }],
    ['a nested text config', 'Qwen/Qwen3-VL-32B-Instruct', { text_config: { num_key_value_heads: 8 } }],
    ['a config of its own keys', 'openai-community/gpt2', { n_embd: 768, n_head: 12 }],
  ])('have one with %s', (_, id, config) => {
    expect(readModel(id).config).toMatchObject(config);
  });

  it('keep what says the KV cache dtype of a quantised checkpoint', () => {
    expect(readModel('nvidia/Llama-3.1-70B-Instruct-FP8').quant).toMatchObject({
      quantization: { kv_cache_quant_algo: 'FP8' },
    });
    expect(readModel('Qwen/Qwen3-32B-FP8').config['quantization_config']).toMatchObject({ quant_method: 'fp8' });
  });
});

describe('findModel', () => {
  it('takes the whole id or, where only one org has it, the name', () => {
    expect(find('facebook/opt-125m')).toBe('facebook/opt-125m');
    expect(find('opt-125m')).toBe('facebook/opt-125m');
    expect(find('Meta-Llama/llama 3.1 8b_instruct')).toBe('meta-llama/Llama-3.1-8B-Instruct');
  });

  it("does not take another org's copy for the model", () => {
    const { code, suggestions } = refusal('unsloth/Llama-3.1-8B-Instruct');
    expect(code).toBe('unknown-model');
    expect(suggestions[0]).toBe('meta-llama/Llama-3.1-8B-Instruct');
  });

  it('says what was perhaps meant', () => {
    expect(refusal('qwen3-8').suggestions).toContain('Qwen/Qwen3-8B');
    expect(refusal('gpt-oss').suggestions).toEqual(['openai/gpt-oss-20b', 'openai/gpt-oss-120b']);
    expect(refusal('nothing-of-the-sort-at-all').suggestions).toEqual([]);
  });

  it('asks for the org where two have the name', () => {
    const two = [{ id: 'one/model' }, { id: 'two/model' }];
    expect(refusal('model', two)).toMatchObject({ code: 'ambiguous-model', suggestions: ['one/model', 'two/model'] });
    expect(findModel(two, 'two/model').id).toBe('two/model');
  });
});

describe('checkModels', () => {
  const row = {
    source: { what: 'published config.json', where: `github:a/b c.json@${'0'.repeat(40)}` },
    config: { model_type: 'x', architectures: ['X'] },
  };

  it.each<[string, { id: string; row: unknown }[], RegExp]>([
    ['a model that says its own id', [{ id: 'a/b', row: { ...row, id: 'a/b' } }], /Unrecognized key/],
    ['a derived config', [{ id: 'a/b', row: { ...row, source: { what: 'derived', where: 'x' } } }], /what/],
    ['a source without a commit', [{ id: 'a/b', row: { ...row, source: { ...row.source, where: 'x' } } }], /no commit/],
    ['a config without model_type', [{ id: 'a/b', row: { ...row, config: { architectures: [] } } }], /no model_type/],
    [
      'two that are spelled alike',
      [
        { id: 'a/b-c', row },
        { id: 'a/b_c', row },
      ],
      /belongs to a\/b-c/,
    ],
    ['a file outside an org', [{ id: 'b', row }], /not of the form/],
  ])('finds %s', async (_, files, problem) => {
    expect((await checkModels(files)).join('\n')).toMatch(problem);
  });
});
