/**
 * A command line read with a release's own table of flags: what `vllm serve` would hold for every argument, where each
 * value comes from, and the message with which its parser would turn the line away.
 */
import { createMachine, damagedRules, isWholeFloat, MISSING, unpackRules, textOf } from '../rules/index.ts';
import type { Machine, Term } from '../rules/index.ts';
import { ArgumentError, fail, repr, shareOut, shownName } from './argparse.ts';
import type { Taken } from './argparse.ts';
import type { Json } from './bulk.ts';
import { unreadFile } from './configfile.ts';
import { byRule, convert, plain, refuseText } from './conversion.ts';
import { happened } from './events.ts';
import type { ArgumentTable, Flag, GivenFlag, Held, ReadArguments, Refusal } from './flags.ts';
import { factValue, givenFact } from './question.ts';
import type { GivenFact, RestFact } from './question.ts';
import { rewrite } from './rewrite.ts';

export interface ArgumentReader {
  /** Every option that the release knows. */
  readonly options: readonly string[];
  /** Reads the words after `vllm serve`; `env` are the variables known to be set, all others are not. */
  read(argv: readonly string[], env: Readonly<Record<string, string>>): ReadArguments;
}

/** Prepares the table of a release. */
export function createArgumentReader(table: ArgumentTable): ArgumentReader {
  if (!Array.isArray(table.flags)) throw damagedRules('the flags of the command line', 'There is no list of them.');
  const machine = createMachine(unpackRules(table.rules));
  const options = table.flags.flatMap((f) => f.options);
  const defaultOf = createDefaults(machine);
  const readNumber = (text: string): number | undefined => {
    if (table.numbers === undefined) return undefined;
    const made = byRule(machine, table.numbers, text);
    return typeof made.value === 'number' ? made.value : undefined;
  };
  return {
    options,
    read(argv, env) {
      if (argv.includes('--config')) throw unreadFile('What the file holds is not said.');
      const rewritten = rewrite(argv, readNumber);
      const notes = [...rewritten.warnings];
      if (rewritten.refusal) return refused(rewritten.refusal, notes);
      try {
        const held = new Map<string, Held>();
        const given: GivenFlag[] = [];
        const extras = shareOut(table.flags, table.abbreviations, rewritten.words, (taken) => {
          hold(machine, held, taken, rewritten.words[taken.at]!);
          given.push(givenOf(taken, rewritten.typed[taken.at] ?? []));
        });
        if (extras.length) return refused(unknown(extras, options), notes);
        return assemble(table, held, given, defaultOf(env), notes);
      } catch (error) {
        if (error instanceof ArgumentError) return refused(error.refusal, notes);
        throw error;
      }
    },
  };
}

const refused = (refusal: Refusal, notes: readonly string[]): ReadArguments => ({
  model: undefined,
  facts: {},
  rest: [],
  given: [],
  refusal,
  notes,
});

const unknown = (extras: readonly string[], options: readonly string[]): Refusal => ({
  code: 'unknown-flag',
  text: `vllm: error: unrecognized arguments: ${extras.join(' ')}`,
  typed: extras.find((e) => e.startsWith('-')) ?? extras[0]!,
  among: options,
});

function givenOf({ flag, option, values }: Taken, typed: readonly string[]): GivenFlag {
  const name = typed.find((w) => w.startsWith('-'))?.split('=')[0] ?? option;
  return { dest: flag.dest, typed: name, values, place: flag.place };
}

/** Converts the words of one flag and keeps what comes out. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every action that argparse has
function hold(machine: Machine, held: Map<string, Held>, { flag, option, values }: Taken, word: string): void {
  const checked = (text: string): Held => {
    const value = convert(machine, flag, text);
    checkObject(machine, flag, text, value);
    if (flag.choices && value !== undefined && !flag.choices.includes(value as never)) {
      const names = flag.choices.map(repr);
      fail(
        flag,
        'invalid-choice',
        `invalid choice: ${repr(value)} (choose from ${names.join(', ')})`,
        text,
        flag.choices.filter((c) => c !== null).map(String),
      );
    }
    return value;
  };
  switch (flag.action) {
    case 'set':
      held.set(flag.dest, flag.sets?.[option] ?? null);
      return;
    case 'help':
    case 'version':
      throw new ArgumentError({
        code: 'bad-command-line',
        text: `${word} prints a text and ends`,
        typed: word,
        among: [],
      });
    case 'count':
      held.set(flag.dest, Number(held.get(flag.dest) ?? 0) + 1);
      return;
    case 'own':
      held.set(flag.dest, undefined);
      return;
    default: {
      const single = flag.nargs === undefined || flag.nargs === '?';
      const made: Held = single
        ? values.length
          ? checked(values[0]!)
          : (flag.const ?? null)
        : all(values.map(checked));
      const before = held.get(flag.dest);
      if (flag.action === 'append')
        held.set(flag.dest, made === undefined ? undefined : [...(Array.isArray(before) ? before : []), made]);
      else if (flag.action === 'extend')
        held.set(flag.dest, Array.isArray(made) ? [...(Array.isArray(before) ? before : []), ...made] : undefined);
      else held.set(flag.dest, made);
    }
  }
}

/** Ends with a message where the object that a flag gives is refused for certain. */
function checkObject(machine: Machine, flag: Flag, text: string, value: Held): void {
  const name = `parse.${flag.dest}.events`;
  if (typeof value !== 'object' || value === null || machine.rules.terms[name] === undefined) return;
  const facts: Record<string, GivenFact> = {};
  const rest: RestFact[] = [];
  put(facts, rest, `args.${flag.dest}`, value, { from: 'flag' });
  const given = { facts, rest };
  machine.load({ get: (fact) => factValue(givenFact(given, fact)) });
  const { error } = happened(machine, name);
  if (error) refuseText(machine, flag, text, error);
}

const all = (items: readonly Held[]): Held => (items.includes(undefined) ? undefined : (items as Json[]));

/** The facts of a whole line: what was given, and the defaults. */
function assemble(
  table: ArgumentTable,
  held: ReadonlyMap<string, Held>,
  given: readonly GivenFlag[],
  defaultOf: (flag: Flag) => Said,
  notes: string[],
): ReadArguments {
  const facts: Record<string, GivenFact> = {};
  const rest: RestFact[] = [];
  const typed = new Map(given.map((g) => [g.dest, g.typed]));
  for (const flag of table.flags) {
    const name = `args.${flag.dest}`;
    if (Object.hasOwn(facts, name)) continue;
    if (!held.has(flag.dest)) {
      const byDefault = defaultOf(flag);
      Object.assign(facts, byDefault.facts);
      rest.push(...byDefault.rest);
      continue;
    }
    const where = typed.get(flag.dest) || shownName(flag);
    const value = held.get(flag.dest);
    if (value === undefined) notes.push(`What ${where} does is not read.`);
    put(facts, rest, name, value, { from: 'flag', where });
  }
  if (typeof held.get('config') === 'string')
    notes.push(`--config=${textOf(held.get('config'))} is written with =, and vLLM reads the file only without.`);
  const model = held.get('model_tag');
  // the command `serve` takes the model that stands alone for the one of the flag
  if (typeof model === 'string' && Object.hasOwn(facts, 'args.model'))
    facts['args.model'] = { value: model, from: 'flag', where: 'the model' };
  return { model: typeof model === 'string' ? model : undefined, facts, rest, given, notes };
}

/** What is said of a flag's argument, and of what stands in it. */
interface Said {
  readonly facts: Readonly<Record<string, GivenFact>>;
  readonly rest: readonly RestFact[];
}

/** What is said of flags that are not given, by the environment: for one and the same it is worked out once. */
function createDefaults(machine: Machine): (env: Readonly<Record<string, string>>) => (flag: Flag) => Said {
  const byEnvironment = new Map<string, Map<Flag, Said>>();
  return (env) => {
    const key = JSON.stringify(env);
    const known = byEnvironment.get(key) ?? new Map<Flag, Said>();
    byEnvironment.set(key, known);
    return (flag) => {
      const before = known.get(flag);
      if (before) return before;
      const said = unsaid(machine, flag, env);
      known.set(flag, said);
      return said;
    };
  };
}

function unsaid(machine: Machine, flag: Flag, env: Readonly<Record<string, string>>): Said {
  const facts: Record<string, GivenFact> = {};
  const rest: RestFact[] = [];
  const [name, from] = [`args.${flag.dest}`, { from: 'default', where: flag.place } as const];
  put(facts, rest, name, fallback(machine, flag, env), from);
  if (!flag.default) facts[name] = { missing: true, ...from };
  return { facts, rest };
}

/** What a flag holds that is not given; undefined where it is unknown. */
function fallback(machine: Machine, flag: Flag, env: Readonly<Record<string, string>>): Held {
  const by = flag.default;
  if (!by || 'unread' in by) return undefined;
  if ('object' in by) return {};
  if ('value' in by) return typeof by.value === 'string' ? convert(machine, flag, by.value) : by.value;
  machine.load({ get: (name) => (name.startsWith('env.') ? (env[name.slice(4)] ?? MISSING) : undefined) });
  return plain(machine.resolve(machine.rules.terms[by.rule] as Term));
}

/** Puts a value in under its name, and of an object every key under its own. */
function put(
  facts: Record<string, GivenFact>,
  rest: RestFact[],
  name: string,
  value: Held,
  from: Pick<GivenFact, 'from' | 'where'>,
): void {
  facts[name] =
    value === undefined
      ? { from: 'unknown', ...(from.where === undefined ? {} : { where: from.where }) }
      : { value, ...from };
  if (typeof value !== 'object' || value === null || isWholeFloat(value)) return;
  const entries = Object.entries(value);
  facts[`${name}.#`] = { value: entries.length, ...from };
  for (const [key, inner] of entries) put(facts, rest, `${name}.${key}`, inner, from);
  // what is not there of a list is nobody's question
  if (!Array.isArray(value)) rest.push({ prefix: `${name}.`, missing: true, ...from });
}
