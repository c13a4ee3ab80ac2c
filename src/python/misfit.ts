/** What stands in a function's definition that decides which calls fit it. */
export interface Signature {
  /** Of the parameters that may be given by place, in order. */
  readonly names: readonly string[];
  /** How many of them may be given by place alone: the first ones. */
  readonly byPlaceAlone: number;
  /** How many of `names` have a default: the last ones. */
  readonly defaults: number;
  readonly byKeyword: readonly string[];
  readonly vararg: boolean;
  readonly kwarg: boolean;
}

/** What a call gives: how many values by place, which keywords in order, and which parameters have a value then. */
export interface Given {
  readonly positional: number;
  readonly keywords: readonly string[];
  readonly has: (name: string) => boolean;
}

/**
 * What Python says of a call that does not fit a function, after the function's name; undefined where it fits. Of several
 * things that are wrong the one is told that CPython finds first (`initialize_locals` of Python/ceval.c): a keyword,
 * too many values by place, a parameter without a value, a keyword-only one without.
 */
export function misfit(signature: Signature, given: Given): string | undefined {
  return keywordMisfit(signature, given) ?? tooMany(signature, given) ?? tooFew(signature, given);
}

function keywordMisfit(signature: Signature, given: Given): string | undefined {
  const { names, byKeyword, kwarg, byPlaceAlone } = signature;
  for (const keyword of given.keywords) {
    const at = names.indexOf(keyword, byPlaceAlone);
    if (at < 0 && !byKeyword.includes(keyword)) {
      if (kwarg) continue;
      const alone = given.keywords.filter((k) => names.slice(0, byPlaceAlone).includes(k));
      if (alone.length) return `got some positional-only arguments passed as keyword arguments: '${alone.join(', ')}'`;
      return `got an unexpected keyword argument '${keyword}'`;
    }
    if (at >= 0 && at < given.positional) return `got multiple values for argument '${keyword}'`;
  }
  return undefined;
}

function tooMany(signature: Signature, given: Given): string | undefined {
  const { names, defaults, byKeyword, vararg } = signature;
  if (vararg || given.positional <= names.length) return undefined;
  const only = given.keywords.filter((k) => byKeyword.includes(k)).length;
  const takes = defaults ? `from ${names.length - defaults} to ${names.length}` : `${names.length}`;
  const plural = defaults > 0 || names.length !== 1 ? 's' : '';
  const extra = only
    ? ` positional argument${given.positional === 1 ? '' : 's'} (and ${only} keyword-only argument${only === 1 ? '' : 's'})`
    : '';
  const were = given.positional === 1 && !only ? 'was' : 'were';
  return `takes ${takes} positional argument${plural} but ${given.positional}${extra} ${were} given`;
}

function tooFew(signature: Signature, given: Given): string | undefined {
  const missing = signature.names.filter((n) => !given.has(n));
  if (missing.length) return missingArguments(missing, 'positional');
  const only = signature.byKeyword.filter((n) => !given.has(n));
  return only.length ? missingArguments(only, 'keyword-only') : undefined;
}

/** Python's sentence of the parameters that a call leaves without a value: the names, at least one, and of which kind they are. */
export function missingArguments(names: readonly string[], kind: 'positional' | 'keyword-only'): string {
  const quoted = names.map((n) => `'${n}'`);
  const last = quoted.at(-1)!;
  const listed = quoted.length < 3 ? quoted.join(' and ') : `${quoted.slice(0, -1).join(', ')}, and ${last}`;
  return `missing ${names.length} required ${kind} argument${names.length === 1 ? '' : 's'}: ${listed}`;
}
