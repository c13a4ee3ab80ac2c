/**
 * The configuration that a command line comes to, by a release's own rules: the facts that the selection asks for, what
 * refuses the line on the way, and what is not known of it.
 */
import { createMachine, MISSING, UNKNOWN } from '../rules/index.ts';
import type { Facts, Machine, Resolved, RuleSet } from '../rules/index.ts';
import { shownName } from './argparse.ts';
import type { Json } from './bulk.ts';
import { happened } from './events.ts';
import type { Raised } from './events.ts';
import type { ArgumentTable, ReadArguments, Refusal } from './flags.ts';
import type { GivenFact } from './question.ts';

export interface InForce {
  /** The parser turns the line away: a value of a flag that is read as an object does not suit. */
  readonly refusal?: Refusal;
  /** What is raised while the configuration is made. Undefined: nothing; null: it depends on facts that are unknown. */
  readonly error: Raised | undefined | null;
  /** `cache_config.block_size` and the like; what depends on unknown facts is left out. */
  readonly facts: Readonly<Record<string, GivenFact>>;
  /** Names of the rules that stay open. */
  readonly open: readonly string[];
  /** What it depends on. */
  readonly unknowns: readonly string[];
}

export interface ConfigurationReader {
  /** The facts that the rules ask for. */
  readonly inputs: readonly string[];
  /** Works out what a line comes to. `facts` answers for the arguments, the environment, the device and the model. */
  read(line: ReadArguments, facts: Facts): InForce;
}

/** Prepares a release's rules of what a command line comes to. */
export function createConfigurationReader(table: ArgumentTable, rules: RuleSet): ConfigurationReader {
  const machine = createMachine(rules);
  const terms = Object.keys(rules.terms).filter((name) => !name.endsWith('.events'));
  return {
    inputs: machine.inputs,
    read(line, facts) {
      machine.load(facts);
      const refusal = refusalOf(machine, table, line);
      const error = crash(machine, line) ?? happened(machine, 'config.events').error;
      const out: Record<string, GivenFact> = {};
      const open: string[] = [];
      for (const name of terms) {
        const fact = factOf(machine.resolve(rules.terms[name]!), where(name, line));
        if (fact) out[name] = fact;
        else open.push(name);
      }
      return { ...(refusal ? { refusal } : {}), error, facts: out, open, unknowns: machine.unknowns() };
    },
  };
}

/** What a validator says against the object that a flag gives. */
function refusalOf(machine: Machine, table: ArgumentTable, line: ReadArguments): Refusal | undefined {
  for (const { dest, typed, place } of line.given) {
    const { error } = happened(machine, `parse.${dest}.events`);
    const flag = table.flags.find((f) => f.dest === dest);
    // an exception that argparse does not know ends the program by itself
    if (!error || !flag || error.type !== 'ValidationError') continue;
    const said = typeof error.text === 'string' ? error.text : 'a value is not valid';
    return {
      code: 'bad-value',
      text: `vllm serve: error: argument ${shownName(flag)}: ${said}`,
      typed,
      among: [],
      place,
    };
  }
  return undefined;
}

/** What ends the program while a flag's object is made, other than a complaint. */
function crash(machine: Machine, line: ReadArguments): Raised | undefined {
  for (const { dest } of line.given) {
    const { error } = happened(machine, `parse.${dest}.events`);
    if (error && error.type !== 'ValidationError') return error;
  }
  return undefined;
}

/** A resolved term as a fact. An object that is there is `{}`: its fields are facts of their own. */
function factOf(value: Resolved, from: string | undefined): GivenFact | undefined {
  if (value === UNKNOWN || holdsUnknown(value)) return undefined;
  const base = { from: 'derived' as const, ...(from === undefined ? {} : { where: from }) };
  return value === MISSING ? { missing: true, ...base } : { value: value as Json, ...base };
}

const holdsUnknown = (value: Resolved): boolean =>
  value === UNKNOWN ||
  (Array.isArray(value)
    ? value.some(holdsUnknown)
    : typeof value === 'object' && value !== null && Object.values(value).some(holdsUnknown));

/** The flag that most likely is behind a fact: the one of the same name. */
function where(name: string, line: ReadArguments): string | undefined {
  const [part, field] = name.split('.');
  return line.given.find((g) => g.dest === field || g.dest === part)?.typed;
}
