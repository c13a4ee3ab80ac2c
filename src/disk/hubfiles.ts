/** The files of a model as the Hugging Face hub holds them, without keeping any. */
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { WhichattnError } from '../rules/index.ts';
import { type Environment, expand, hubHome, isRepoId } from './hub.ts';
import { readStream, readTextIfAny } from './text.ts';

/** How the hub is reached. */
export interface Hub {
  /** Its address, without a slash at the end. */
  readonly endpoint: string;
  readonly token?: string;
}

/** A file of a model's repository, and where it stands. */
export interface HubFiles {
  /** The names of the files at the top; undefined where the hub does not list them. */
  readonly names: readonly string[] | undefined;
  /** The address of a file. */
  at(name: string): string;
  /** Its text; undefined where there is none of that name. Throws where the hub does not give it. */
  text(name: string): Promise<string | undefined>;
}

const DEFAULT = 'https://huggingface.co';
/** How long the hub has for all that it is asked. */
export const HUB_SECONDS = 20;

/**
 * How the hub is reached by the variables that its library reads; why it is not to be asked, where they say so. `said` are
 * variables of a line that somebody was given: the machine's own token goes to no address that stands there.
 */
export async function hubOf(
  env: Environment,
  home: string,
  said: Environment = {},
): Promise<Hub | { readonly off: string }> {
  const all = { ...env, ...said };
  const offline = ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].find((name) => isTrue(all[name]));
  if (offline !== undefined) return { off: `${offline} is set` };
  if (isTrue(all['VLLM_USE_MODELSCOPE'])) return { off: 'VLLM_USE_MODELSCOPE names another hub' };
  const endpoint = (all['HF_ENDPOINT'] || DEFAULT).replace(/\/+$/, '');
  const wrong = whyNoAddress(endpoint);
  if (wrong !== undefined) return { off: `HF_ENDPOINT ${wrong}` };
  const foreign = said['HF_ENDPOINT'] !== undefined && said['HF_ENDPOINT'] !== env['HF_ENDPOINT'];
  const token = tokenIn(said) ?? (foreign ? undefined : (tokenIn(env) ?? (await keptToken(all, home))));
  return { endpoint, ...(token === undefined ? {} : { token }) };
}

const isTrue = (value: string | undefined): boolean => /^(?:1|on|yes|true)$/i.test(value ?? '');

function whyNoAddress(text: string): string | undefined {
  // a password is not repeated
  if (text.includes('@')) return 'holds a name to log in with, which is not sent';
  const is = `is ${JSON.stringify(text)}`;
  if (!URL.canParse(text)) return `${is}: that is no address`;
  return /^https?:$/.test(new URL(text).protocol) ? undefined : `${is}: that is no address of the web`;
}

const tokenIn = (env: Environment): string | undefined => clean(env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN']);

/** The token that the hub's own command keeps on a machine. */
async function keptToken(env: Environment, home: string): Promise<string | undefined> {
  if (isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined;
  const file = env['HF_TOKEN_PATH'] ? expand(env['HF_TOKEN_PATH'], home) : path.join(hubHome(env, home), 'token');
  return clean(await readTextIfAny(file).catch(() => undefined));
}

/** A token as it may stand in a header. */
const clean = (text: string | undefined): string | undefined => {
  const token = text?.trim();
  return token !== undefined && /^[\u0021-\u007E]+$/.test(token) ? token : undefined;
};

/**
 * A model's repository at a revision; undefined where the hub has no such model. Mirrors how the hub's library asks: the list of
 * files, then each by its revision. Throws where the hub is not reached, or does not give the files away.
 */
export async function openHub({ endpoint, token }: Hub, repo: string, revision: string): Promise<HubFiles | undefined> {
  if (!isRepoId(repo)) return undefined;
  const signal = AbortSignal.timeout(HUB_SECONDS * 1000);
  // every request listens to it, of a model with many files more than Node takes for intended
  setMaxListeners(0, signal);
  const headers: Record<string, string> = {
    'user-agent': 'whichattn',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const of = repo.split('/').map(encodeURIComponent).join('/');
  const branch = encodeURIComponent(revision);
  const get = async (address: string): Promise<Asked> => {
    try {
      const response = await fetch(address, { headers, signal });
      const wrong = refusal(response, { repo, revision, address, hasToken: token !== undefined });
      if (wrong !== undefined) {
        await response.body?.cancel();
        return wrong;
      }
      return { text: response.body === null ? '' : await readStream(response.body, address) };
    } catch (error) {
      throw error instanceof WhichattnError ? error : unreached(endpoint, error);
    }
  };
  const listed = await get(`${endpoint}/api/models/${of}/revision/${branch}`);
  if ('absent' in listed && listed.absent === 'model') return undefined;
  if ('refused' in listed && listed.isFinal) throw listed.refused;
  const at = (name: string): string => `${endpoint}/${of}/resolve/${branch}/${encodeURIComponent(name)}`;
  return {
    names: 'text' in listed ? namesIn(listed.text) : undefined,
    at,
    async text(name) {
      const asked = await get(at(name));
      if ('text' in asked) return asked.text;
      if ('absent' in asked) return undefined;
      throw asked.refused;
    },
  };
}

/** What the hub answers: a text, that there is none, or why it gives none. */
type Asked =
  | { readonly text: string }
  | { readonly absent: 'model' | 'file' }
  | { readonly refused: WhichattnError; readonly isFinal: boolean };

interface About {
  readonly repo: string;
  readonly revision: string;
  readonly address: string;
  readonly hasToken: boolean;
}

/** What an answer without a file says; undefined for one with it. */
function refusal(
  response: Response,
  { repo, revision, address, hasToken }: About,
): Exclude<Asked, { text: string }> | undefined {
  const { status } = response;
  if (status === 200) return undefined;
  const code = response.headers.get('x-error-code') ?? '';
  const where = address;
  if (code === 'RevisionNotFound') {
    const what = `The hub has no revision ${JSON.stringify(revision)} of ${repo}`;
    return { isFinal: true, refused: new WhichattnError({ code: 'unknown-revision', what, where }) };
  }
  if (status === 401 || status === 403) {
    // the hub says the same of what there is not and of what it does not show
    const isGated = code === 'GatedRepo';
    if (!isGated && !hasToken) return { absent: 'model' };
    const what = isGated ? `The hub shows ${repo} only to those who were let in` : `The hub does not show ${repo}`;
    const why = hasToken ? 'The token that is set is not enough.' : 'No token is set.';
    const todo = 'Set HF_TOKEN to a token that may read it, or give the path of its config.json.';
    return { isFinal: true, refused: new WhichattnError({ code: 'hub-refuses', what, why, where, todo }) };
  }
  if (status === 404) return { absent: code === 'EntryNotFound' || address.includes('/resolve/') ? 'file' : 'model' };
  const what = `The hub answers ${status}${response.statusText ? ` ${response.statusText}` : ''}`;
  const todo = status === 429 ? 'Wait, or set HF_TOKEN: it is asked too often from here.' : OTHERWISE;
  return { isFinal: status === 429, refused: new WhichattnError({ code: 'hub-refuses', what, where, todo }) };
}

const OTHERWISE = 'Give the path of its config.json, or try again later.';

const unreached = (endpoint: string, cause: unknown): WhichattnError => {
  const isLate = cause instanceof Error && cause.name === 'TimeoutError';
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = isLate
    ? `It gave no answer in ${HUB_SECONDS} s.`
    : inner instanceof Error
      ? inner.message
      : String(inner);
  return new WhichattnError({
    code: 'no-network',
    what: `The hub ${endpoint} is not reached`,
    why,
    todo: 'Give the path of the config.json, or set HF_HUB_OFFLINE=1, which asks this machine alone.',
    cause,
  });
};

/** The files that a list of the hub names, those at the top alone; undefined for what is no such list. */
function namesIn(text: string): readonly string[] | undefined {
  try {
    const { siblings } = JSON.parse(text) as { readonly siblings?: readonly { readonly rfilename?: unknown }[] };
    const names = siblings?.map(({ rfilename }) => rfilename);
    return names?.filter((name): name is string => typeof name === 'string' && !name.includes('/'));
  } catch {
    return undefined;
  }
}
