import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Machine, type ModelConfig, readModelConfig } from '../../src/disk/index.ts';
import { WhichattnError } from '../../src/rules/index.ts';

/*
 * The hub, by a server of our own that answers as it does: a list of files, then each by its revision, and its codes for
 * what it does not give.
 */

interface Call {
  readonly url: string;
  readonly token: string | undefined;
}

const FILES: Readonly<Record<string, string>> = {
  'config.json': '{"model_type": "opt", "hidden_size": 768, "dropout": 1.0}',
  'hf_quant_config.json': '{"quantization": {"quant_algo": "FP8"}}',
  'generation_config.json': '{"eos_token_id": 2}',
};

let calls: Call[] = [];
let hub: string;
let other: string;
const servers: Server[] = [];

/** A server that answers by its own rules. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    calls.push({ url: request.url ?? '', token: request.headers.authorization });
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function refuse(response: ServerResponse, status: number, code?: string): void {
  response.writeHead(status, code === undefined ? {} : { 'x-error-code': code }).end('no');
}

beforeAll(async () => {
  other = await serve((request, response) => {
    response.end(FILES[(request.url ?? '').slice(1)] ?? '{}');
  });
  hub = await serve((request, response) => {
    const url = request.url ?? '';
    const token = request.headers.authorization;
    if (url.startsWith('/api/models/org/absent')) refuse(response, 401);
    else if (url.startsWith('/api/models/org/gated') && token === undefined) refuse(response, 401, 'GatedRepo');
    else if (url.startsWith('/api/models/org/busy')) refuse(response, 429);
    else if (url.endsWith('/revision/v9')) refuse(response, 404, 'RevisionNotFound');
    else if (url.startsWith('/api/')) {
      const names = url.includes('empty') ? ['README.md'] : [...Object.keys(FILES), 'tokenizer.json', 'sub/more.json'];
      response.end(JSON.stringify({ siblings: names.map((rfilename) => ({ rfilename })) }));
    } else if (url.includes('/org/moved/')) response.writeHead(307, { location: `${other}/config.json` }).end();
    else if (url.includes('/org/damaged/')) response.end('<html>');
    else if (url.includes('/org/failing/') && url.endsWith('/generation_config.json')) refuse(response, 500);
    else if (url.includes('/org/marked/')) response.end('\uFEFF{}');
    else {
      const text = url.includes('empty') ? undefined : FILES[url.split('/').at(-1)!];
      if (text === undefined) refuse(response, 404, 'EntryNotFound');
      else response.end(text);
    }
  });
});
afterAll(() => {
  for (const server of servers) server.close();
});

async function* nothing(): AsyncGenerator<Uint8Array> {}

const read = (name: string, env: Record<string, string> = {}, revision?: string): Promise<ModelConfig> => {
  calls = [];
  const machine: Machine = { env: { HF_ENDPOINT: hub, ...env }, home: '/nowhere', stdin: nothing() };
  return readModelConfig(name, { machine, ...(revision === undefined ? {} : { revision }) });
};

async function refusal(asked: Promise<ModelConfig>): Promise<WhichattnError> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WhichattnError) return error;
  throw new Error('it was not refused', { cause: error });
}

describe('a model of the hub', () => {
  it('is read with what lies beside its config, and no more', async () => {
    const found = await read('org/model');
    expect(found).toMatchObject({
      from: 'hub',
      where: `${hub}/org/model/resolve/main/config.json`,
      config: { model_type: 'opt' },
      floats: ['dropout'],
      quant: { quantization: { quant_algo: 'FP8' } },
      beside: { 'generation_config.json': { eos_token_id: 2 } },
    });
    expect(calls.map(({ url }) => url)).toEqual([
      '/api/models/org/model/revision/main',
      '/org/model/resolve/main/config.json',
      '/org/model/resolve/main/generation_config.json',
      '/org/model/resolve/main/hf_quant_config.json',
    ]);
  });

  it('is read at the revision that is asked for', async () => {
    await read('org/model', {}, 'refs/pr/1');
    expect(calls[1]?.url).toBe('/org/model/resolve/refs%2Fpr%2F1/config.json');
    expect(await refusal(read('org/model', {}, 'v9'))).toMatchObject({ code: 'unknown-revision' });
  });

  it('is not asked for where our list or this machine has it', async () => {
    expect((await read('facebook/opt-125m')).from).toBe('catalogue');
    expect(calls).toEqual([]);
  });

  it('is asked for with the token of the machine', async () => {
    expect(await refusal(read('org/gated'))).toMatchObject({ code: 'hub-refuses', why: 'No token is set.' });
    expect((await read('org/gated', { HF_TOKEN: 'hf_secret' })).from).toBe('hub');
    expect(new Set(calls.map(({ token }) => token))).toEqual(new Set(['Bearer hf_secret']));
  });

  it('never has the token sent on to another server', async () => {
    expect((await read('org/moved', { HF_TOKEN: 'hf_secret' })).from).toBe('hub');
    const elsewhere = calls.filter(({ url }) => !url.startsWith('/api/') && !url.startsWith('/org/'));
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(elsewhere.every(({ token }) => token === undefined)).toBe(true);
  });

  it('never has the machine’s token sent to an address that a line says', async () => {
    calls = [];
    const machine: Machine = { env: { HF_TOKEN: 'hf_secret' }, home: '/nowhere', stdin: nothing() };
    await readModelConfig('org/model', { machine, env: { HF_ENDPOINT: hub } });
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.every(({ token }) => token === undefined)).toBe(true);
    calls = [];
    await readModelConfig('org/model', { machine, env: { HF_ENDPOINT: hub, HF_TOKEN: 'hf_of_the_line' } });
    expect(calls.every(({ token }) => token === 'Bearer hf_of_the_line')).toBe(true);
  });

  it('is not asked for offline', async () => {
    for (const name of ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'])
      expect((await refusal(read('org/model', { [name]: '1' }))).why).toContain(`the hub is not asked: ${name} is set`);
    expect((await refusal(read('org/model', { VLLM_USE_MODELSCOPE: 'True' }))).why).toContain('another hub');
    expect(calls).toEqual([]);
  });

  it('is told apart from one that there is not, is not given, or is damaged', async () => {
    const absent = await refusal(read('org/absent'));
    expect(absent).toMatchObject({ code: 'unknown-model' });
    expect(absent.why).toContain(`${hub} shows no such model`);
    expect(await refusal(read('org/busy'))).toMatchObject({
      code: 'hub-refuses',
      what: expect.stringContaining('429'),
    });
    expect(await refusal(read('org/empty'))).toMatchObject({ code: 'no-config' });
    expect(await refusal(read('org/damaged'))).toMatchObject({ code: 'bad-json' });
    // a file that is listed and not given is not one that is not there
    expect(await refusal(read('org/failing'))).toMatchObject({ code: 'hub-refuses' });
    expect((await refusal(read('org/marked'))).what).toContain('byte order mark');
  });

  it('leads to one clear error without a network, with what was perhaps meant', async () => {
    const error = await refusal(read('facebook/opt-126m', { HF_ENDPOINT: 'http://127.0.0.1:9' }));
    expect(error).toMatchObject({ code: 'unknown-model' });
    expect(error.why).toContain('the hub http://127.0.0.1:9 is not reached');
    expect(error.suggestions).toContain('facebook/opt-125m');
    expect((await refusal(read('org/model', { HF_ENDPOINT: 'file:///etc' }))).why).toContain('no address of the web');
  });
});
