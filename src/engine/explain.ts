/** Why a condition holds and what would lift it, worked out from the rules by trying other values of the facts. */
import { createDomains, plainValue } from '../rules/index.ts';
import type { Domain, Domains, Fact, Facts, Machine, ValueSet } from '../rules/index.ts';
import { changed } from './question.ts';

/** Facts that say one thing in parts, as a version in two numbers. They are tried and shown together. */
export interface Joined {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly by: string;
}

/** The parts in which rules ask for the compute capability. */
const JOINED: readonly Joined[] = [{ name: 'device.capability', inputs: ['device.major', 'device.minor'], by: '.' }];

/** Asks a machine about one question, its facts changed. Whoever uses it finds the machine loaded with something else. */
export interface Prober {
  readonly machine: Machine;
  readonly facts: Facts;
  /** Loads the question, some facts changed. */
  with(changes: Readonly<Record<string, Fact | undefined>>): Machine;
  /** The same where many changes are tried: which inputs are read is not told. */
  trying(changes: Readonly<Record<string, Fact | undefined>>): Machine;
  /** The domain of a fact: its own, or that of the thing it is a part of. */
  domain(fact: string): Domain;
  /** The value that a domain has in the question; undefined where it is unknown. */
  asked(domain: Domain): unknown;
  /** The inputs that stand behind a fact's name. */
  inputs(fact: string): readonly string[];
  /** The name under which an input is shown. */
  shownAs(input: string): string;
}

const domainsOf = new WeakMap<Machine, Domains>();

/** The domains of a machine's inputs, made once. */
export function domainsFor(machine: Machine): Domains {
  let domains = domainsOf.get(machine);
  if (!domains) domainsOf.set(machine, (domains = createDomains(machine.rules)));
  return domains;
}

/** Makes a prober of a question; with a prober of the question before some facts were replaced, it takes over domains. */
// oxlint-disable-next-line max-lines-per-function -- one owner of what is known of a question
export function createProber(
  machine: Machine,
  facts: Facts,
  before?: Prober,
  replaced: readonly string[] = [],
): Prober {
  const domains = domainsFor(machine);
  const known = new Map<string, Domain>();
  const parts = JOINED.filter(({ inputs }) => inputs.every((input) => machine.inputs.includes(input)));
  const partOf = (fact: string): Joined | undefined =>
    parts.find(({ name, inputs }) => name === fact || inputs.includes(fact));
  return {
    machine,
    facts,
    with(changes) {
      machine.load(changed(facts, changes));
      return machine;
    },
    trying(changes) {
      machine.renew(changed(facts, changes));
      return machine;
    },
    domain(fact) {
      const of = partOf(fact);
      const name = of?.name ?? fact;
      let domain = known.get(name);
      if (domain) return domain;
      const beside = domains.beside(fact);
      if (before && (of || !replaced.some((input) => beside.has(input)))) domain = before.domain(fact);
      else domain = (of && domains.joined(of.name, of.inputs, of.by)) ?? domains.of(fact, facts);
      known.set(name, domain);
      return domain;
    },
    asked(domain) {
      const of = parts.find(({ name }) => name === domain.name);
      if (!of) return plain(facts.get(domain.name));
      const values = of.inputs.map((input) => facts.get(input));
      return values.includes(undefined) ? undefined : values.map((value) => String(plain(value))).join(of.by);
    },
    inputs: (fact) => partOf(fact)?.inputs ?? [fact],
    shownAs: (input) => partOf(input)?.name ?? input,
  };
}

const plain = (fact: Fact | undefined): unknown => (fact === undefined ? undefined : plainValue(fact));

/**
 * Facts of the question that suffice for `holds` to be true whatever all other facts are: none of them can be left out.
 * `holds` is asked of the loaded machine and must be true for the question itself.
 */
export function enough(prober: Prober, holds: (machine: Machine) => boolean): string[] {
  const { machine, facts } = prober;
  prober.with({});
  holds(machine);
  // what was read suffices; from there, leave out what can be
  const read = new Set(machine.used().filter((name) => facts.get(name) !== undefined));
  const names = [...new Set([...read].map((name) => prober.shownAs(name)))];
  let last: { readonly facts: Facts; readonly without: readonly string[] } | undefined;
  return names.filter((name) => {
    const own = prober.inputs(name).filter((input) => read.delete(input));
    const before = last;
    const left: Facts = {
      get: (input) => (read.has(input) ? facts.get(input) : undefined),
      since: (others) =>
        before?.facts === others ? (input) => own.includes(input) || before.without.includes(input) : undefined,
    };
    machine.renew(left);
    last = { facts: left, without: own };
    if (holds(machine)) return false;
    for (const input of own) read.add(input);
    return true;
  });
}

export interface Lift {
  readonly fact: string;
  readonly asked: unknown;
  readonly allowed: ValueSet;
}

/**
 * Which of these facts would bring something about by themselves, and with which values: what says how much or which one
 * before what only says whether.
 */
export function lifts(prober: Prober, lifted: (machine: Machine) => boolean, facts: readonly string[]): Lift[] {
  const found = facts.flatMap((fact): Lift[] => {
    const domain = prober.domain(fact);
    const does = domain.regions.map((region) => lifted(prober.trying(region)));
    if (!does.includes(true)) return [];
    return [{ fact, asked: prober.asked(domain) ?? null, allowed: domain.describe((region) => does[region]!) }];
  });
  const isSwitch = ({ asked }: Lift): number => Number(typeof asked === 'boolean');
  return found.sort((a, b) => isSwitch(a) - isSwitch(b));
}
