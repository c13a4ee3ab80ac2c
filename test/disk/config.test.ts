import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConfigOptions, type Machine, type ModelConfig, readModelConfig } from '../../src/disk/index.ts';
import { WhichattnError } from '../../src/rules/index.ts';

const COMMIT = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
let root: string;

const at = (...parts: string[]): string => path.join(root, ...parts);
function write(file: string, text: string): void {
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), text);
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** A machine with nothing on it but what a test puts there. */
function machine(env: Record<string, string> = {}, text = ''): Machine {
  return { env: { HF_HUB_OFFLINE: '1', ...env }, home: at('home'), stdin: bytes(text) };
}
const read = (name: string, options: ConfigOptions = {}): Promise<ModelConfig> =>
  readModelConfig(name, { machine: machine(), ...options });

async function refusal(name: string, options: ConfigOptions = {}): Promise<WhichattnError> {
  const error = await read(name, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WhichattnError) return error;
  throw new Error(`${name} was not refused`);
}

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'whichattn-'));
  write('model/config.json', '{"model_type": "plain"}');
  write('model/hf_quant_config.json', '{"quantization": {"kv_cache_quant_algo": "FP8"}}');
  write('empty/params.json', '{}');
  write('other.json', '{"model_type": "other"}');
  write('hf_quant_config.json', '{"quantization": "of something else"}');
  const hub = 'home/.cache/huggingface/hub/models--org--cached';
  write(`${hub}/blobs/1`, '{"model_type": "cached"}');
  write(`${hub}/refs/main`, COMMIT);
  write(`${hub}/refs/refs/pr/1`, `${OTHER}\n`);
  mkdirSync(at(hub, 'snapshots', COMMIT), { recursive: true });
  symlinkSync('../../blobs/1', at(hub, 'snapshots', COMMIT, 'config.json'));
  write(`${hub}/snapshots/${OTHER}/config.json`, '{"model_type": "of a pull request"}');
  write('home/.cache/huggingface/hub/models--facebook--opt-125m/refs/main', COMMIT);
  write('elsewhere/models--org--moved/refs/main', COMMIT);
  write(`elsewhere/models--org--moved/snapshots/${COMMIT}/config.json`, '{"model_type": "moved"}');
  write('hfhome/hub/models--org--homed/refs/main', COMMIT);
  write(`hfhome/hub/models--org--homed/snapshots/${COMMIT}/config.json`, '{"model_type": "homed"}');
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('a path', () => {
  it('may be a directory, with the quantisation file beside the config', async () => {
    expect(await read(at('model'))).toEqual({
      config: { model_type: 'plain' },
      beside: {},
      quant: { quantization: { kv_cache_quant_algo: 'FP8' } },
      from: 'file',
      where: at('model/config.json'),
    });
  });

  it('may be a file of any name; only beside a config.json does a quantisation file belong to it', async () => {
    expect(await read(at('model/config.json'))).toHaveProperty('quant');
    expect(await read(at('other.json'))).toEqual({
      config: { model_type: 'other' },
      from: 'file',
      where: at('other.json'),
    });
  });

  it('to a directory without a config is one clear error', async () => {
    expect(await refusal(at('empty'))).toMatchObject({ code: 'no-config', where: at('empty') });
    const { todo } = await refusal(at('home/.cache/huggingface/hub/models--org--cached'));
    expect(todo).toMatch(/snapshots/);
  });

  it('to nothing says what is near', async () => {
    const error = await refusal(at('modle'));
    expect(error).toMatchObject({ code: 'no-such-file', suggestions: [at('model')] });
    expect(await refusal('./no/such/folder/config.json')).toMatchObject({ code: 'no-such-file', suggestions: [] });
  });

  it('to something huge is refused before it is read', async () => {
    write('huge.json', '');
    truncateSync(at('huge.json'), 65 * 1024 * 1024);
    expect(await refusal(at('huge.json'))).toMatchObject({ code: 'too-large', where: at('huge.json') });
  });

  it.runIf(process.platform === 'linux')('to something endless is refused too', async () => {
    expect(await refusal('/dev/zero')).toMatchObject({ code: 'too-large' });
  });
});

describe('standard input', () => {
  it('is read for -', async () => {
    expect(await read('-', { machine: machine({}, '{"model_type": "piped"}') })).toEqual({
      config: { model_type: 'piped' },
      from: 'stdin',
      where: 'standard input',
    });
  });

  it('is not waited for at a terminal', async () => {
    const stdin = Object.assign(bytes(''), { isTTY: true });
    expect(await refusal('-', { machine: { env: {}, home: root, stdin } })).toMatchObject({ code: 'no-input' });
  });

  it('that is empty says so', async () => {
    expect((await refusal('-')).message).toBe(
      'It is not JSON: line 1, column 1: expected a value, met the end of the text (standard input)',
    );
  });
});

describe('what is read', () => {
  it('tells apart whole numbers that are written as floats', async () => {
    const text = '{"a": 32.0, "b": 32, "c": 1e3, "d": 0.5, "e": "1.0", "f": {"g": 2.0}, "h": [3.0], "i": -4.0}';
    const { floats } = await read('-', { machine: machine({}, text) });
    expect(floats).toEqual(['a', 'c', 'f.g', 'h.0', 'i']);
  });

  it.each([
    ['{"a": 1,}', 'line 1, column 9: expected a key in double quotes, met "}"'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: expected a comma or }, met'],
    ['{"a": tru}', 'line 1, column 7: expected a value'],
    ['[1, 2', 'line 1, column 6: expected a comma or ], met the end of the text'],
    ['{"a" 1}', 'line 1, column 6: expected a colon'],
    ['{"a": "b\n"}', 'line 1, column 7: expected a string that ends on its line'],
    ['{} {}', 'line 1, column 4: expected the end'],
    [`${'['.repeat(9_000)}!`, 'expected no more than 500 values inside each other'],
  ])('wrong JSON is placed: %j', async (text, message) => {
    const error = await refusal('-', { machine: machine({}, text) });
    expect(error.code).toBe('bad-json');
    expect(error.message).toContain(message);
  });

  it.each([
    ['[1]', 'a list'],
    ['null', 'null'],
    ['"text"', 'a string'],
    ['7', 'a number'],
  ])('JSON that is no object is no config: %s', async (text, kind) => {
    const error = await refusal('-', { machine: machine({}, text) });
    expect(error).toMatchObject({ code: 'bad-config', what: `It holds ${kind}, not an object` });
  });

  it('may hold the numbers that Python writes and JSON has no word for', async () => {
    const text =
      '{"time_step_limit": [0.0, Infinity], "low": -Infinity, "x": NaN, "s": "a\\u0041\\n", "n": -1.5e-3, "o": {}}';
    expect((await read('-', { machine: machine({}, text) })).config).toEqual({
      time_step_limit: [0, Infinity],
      low: -Infinity,
      x: Number.NaN,
      s: 'aA\n',
      n: -0.0015,
      o: {},
    });
  });
});

describe('the Hugging Face cache', () => {
  it('is followed from ref to snapshot to blob', async () => {
    const { config, from, where } = await read('org/cached');
    expect({ config, from }).toEqual({ config: { model_type: 'cached' }, from: 'cache' });
    expect(where).toContain(COMMIT);
  });

  it('is asked for the revision that is meant', async () => {
    for (const revision of ['refs/pr/1', OTHER])
      expect((await read('org/cached', { revision })).config).toEqual({ model_type: 'of a pull request' });
    expect(await refusal('org/cached', { revision: 'v2' })).toMatchObject({ code: 'unknown-revision' });
  });

  it('lies where the environment says', async () => {
    const moved = machine({ HF_HUB_CACHE: at('elsewhere'), HF_HOME: at('hfhome') });
    expect((await read('org/moved', { machine: moved })).config).toEqual({ model_type: 'moved' });
    const homed = machine({ HF_HOME: at('hfhome') });
    expect((await read('org/homed', { machine: homed })).config).toEqual({ model_type: 'homed' });
    expect(await refusal('org/cached', { machine: homed })).toMatchObject({ code: 'unknown-model' });
  });

  it('that holds no snapshot of a model leaves it to the catalogue', async () => {
    expect((await read('facebook/opt-125m')).from).toBe('catalogue');
  });

  it('is not left by a name or a revision with dots', async () => {
    expect(await refusal('../no/such')).toMatchObject({ code: 'no-such-file' });
    expect(await refusal('org/cached', { revision: '../../../other' })).toMatchObject({ code: 'unknown-revision' });
  });
});

describe('the catalogue', () => {
  it('gives the config with the public copy it is from', async () => {
    const found = await read('opt-125m');
    expect(found).toMatchObject({ from: 'catalogue', id: 'facebook/opt-125m', config: { num_attention_heads: 12 } });
    expect(found.where).toMatch(/^github:/);
  });

  it('gives the quantisation file, and says what it left out', async () => {
    const found = await read('nvidia/Qwen3.6-27B-NVFP4');
    expect(found.quant).toBeDefined();
    expect(found.leftOut?.join('\n')).toMatch(/quantized_layers/);
  });

  it('without the model says every place that was looked at, and what was perhaps meant', async () => {
    const error = await refusal('facebook/opt-126m');
    expect(error).toMatchObject({ code: 'unknown-model', suggestions: ['facebook/opt-125m'] });
    expect(error.why).toContain(at('home/.cache/huggingface/hub'));
  });

  it('knows main revisions only', async () => {
    expect(await refusal('facebook/opt-125m', { revision: 'v9' })).toMatchObject({ code: 'unknown-revision' });
    expect((await read('facebook/opt-125m', { revision: 'main' })).from).toBe('catalogue');
  });
});
