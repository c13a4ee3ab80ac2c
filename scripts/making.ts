import { createMakingRules, madeOf, type MakeCall, type ReleaseData } from '#engine';
import { type Fact, MISSING, textOf, UNKNOWN } from '#rules';

/*
 * What making a layer refuses by learned rules, beside what the release's own code raised.
 */

/* oxlint-disable typescript/no-explicit-any -- records are JSON of another tool */
type Json = any;

export interface Compared {
  /** Open: what was raised may be raised, or it is not known to be none. */
  readonly is: 'right' | 'open' | 'wrong';
  readonly about: string;
}

/** Plays the calls of records by the rules of a release, on its first platform with such rules. */
export function playMaking(records: readonly Json[], release: ReleaseData): Compared[] {
  const of = Object.values(release.making ?? {})[0];
  if (!of) throw new Error(`${release.release} was learned without what layers refuse`);
  const rules = createMakingRules(of);
  return records.flatMap(({ q, a }) =>
    (q.make as Json[]).map((asked, i): Compared => {
      const { error, open, unread } = madeOf(rules, factsOf(q, asked) as never, built(asked));
      const real = a.made[i];
      const own = error && `${error.type} ${error.text === UNKNOWN ? '?' : textOf(error.text)}`;
      const theirs = real && `${real.type} ${real.text}`;
      const about = `${JSON.stringify(asked)}: ${own ?? 'nothing'} ${open.length > 0 ? `or ${open.length} more` : ''} ${unread.join('; ')}, recorded ${theirs ?? 'nothing'}`;
      if (own === undefined ? !real : own === theirs || (own.endsWith('?') && real?.type === error!.type))
        return { is: own === undefined && (open.length > 0 || unread.length > 0) ? 'open' : 'right', about };
      return { is: own === undefined && (open.length > 0 || unread.length > 0) ? 'open' : 'wrong', about };
    }),
  );
}

/** A building in which one thing is made. */
function built({ maker, args, quant }: Json): Json {
  const call: MakeCall = {
    maker,
    args: { ...args, ...(quant ? { quant_config: {} } : {}) },
    unknown: [],
    certain: true,
    needs: [],
  };
  const packed = Object.entries((quant?.packed ?? {}) as Record<string, string[]>);
  return {
    makes: [call],
    packed: Object.fromEntries(packed.map(([key, modules]) => [key, JSON.stringify(modules)])),
    renamed: [],
  };
}

/** What is known where it is made. */
function factsOf({ device }: Json, { tp, quant }: Json): { get(name: string): Fact | undefined } {
  const known: Record<string, Fact> = {
    'model_config.dtype': 'bfloat16',
    'model_config.quantization': quant?.method ?? null,
    'model_config.quantization_config': null,
    'hf.quantization_config': quant?.config ?? null,
    'parallel_config.tensor_parallel_size': tp,
    'parallel_config.data_parallel_size': 1,
    'device.major': device.capability[0],
    'device.minor': device.capability[1],
  };
  return { get: (name) => (name.startsWith('env.') ? MISSING : part(known, name)) };
}

function part(known: Record<string, Fact>, name: string): Fact | undefined {
  if (name in known) return known[name];
  const at = name.lastIndexOf('.');
  const of: Json = at < 0 ? undefined : part(known, name.slice(0, at));
  const key = name.slice(at + 1);
  if (of === undefined || of === null || typeof of !== 'object') return undefined;
  if (key === '#') return Array.isArray(of) ? of.length : Object.keys(of).length;
  return key in of ? of[key] : MISSING;
}
