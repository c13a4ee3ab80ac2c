/** The hub's package: whether it goes without the network, and where its files of a repository lie on this machine. */
import { boolean, exprOf, kindInput, native, one, opaque, text } from '../python/index.ts';
import type { Args, Reader, Value } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { record } from './things.ts';

/** What a name of the package stands for; undefined where nothing is known of it. */
export function hubOf(R: Reader, name: string): Value | undefined {
  switch (name) {
    case 'huggingface_hub.constants.HF_HUB_OFFLINE':
      return isOffline(R);
    case 'huggingface_hub.HfApi':
      return one({ ...native('HfApi', () => api(R)), takesRest: true });
    default:
      return undefined;
  }
}

const api = (R: Reader): Value =>
  record(R, 'HfApi', {
    snapshot_download: one({ ...native('snapshot_download', snapshot), takesRest: true }),
    resolve_revision: one({
      ...native('resolve_revision', () => one(opaque('a commit', 'huggingface_hub'))),
      takesRest: true,
    }),
  });

/** Where the hub's files of a repository lie on this machine: a path that is a fact, `snapshot.<fact>`. */
function snapshot(args: Args): Value {
  return (args.kw.get('repo_id') ?? args.pos[0] ?? []).map(({ g, v }) => {
    const e = exprOf(v);
    const known = e && 'name' in e ? text([{ p: 'expr', e: { op: 'input', name: `snapshot.${e.name}` } }]) : undefined;
    return { g, v: known ?? opaque('where the files of a repository lie', 'huggingface_hub') };
  });
}

/** What switches the hub off: the first of these variables that is set to something. */
const OFFLINE = ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'];
const TRUE_WORDS = ['1', 'ON', 'YES', 'TRUE'];

/** Does the hub's package go without the network? */
function isOffline(R: Reader): Value {
  let open: Cond = YES;
  let off: Cond = NO;
  for (const name of OFFLINE) {
    const input: Expr = { op: 'input', name: `env.${name}` };
    const said = (word: string, e: Expr): Cond => R.book.test({ op: 'eq', args: [e, { op: 'const', value: word }] });
    const given = kindInput(R, `env.${name}`, ['missing', 'str']).find((a) => a.v.k !== 'unbound')!.g;
    const set = R.d.and(given, R.d.not(said('', input)));
    const yes = TRUE_WORDS.reduce<Cond>((c, word) => R.d.or(c, said(word, { op: 'upper', args: [input] })), NO);
    off = R.d.or(off, R.d.and(open, R.d.and(set, yes)));
    open = R.d.and(open, R.d.not(set));
  }
  return boolean(R.d, off);
}
