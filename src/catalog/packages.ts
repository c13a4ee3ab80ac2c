import type { Conventions, Stock } from '../engine/index.ts';
import { type Fact, type Facts, MISSING, WhichattnError } from '../rules/index.ts';
import { nearest } from './find.ts';
import { atLeast } from './versions.ts';

/** What a key such as a package's name says, and the facts of the rules that follow from it. */
export interface PackageKey {
  readonly is: string;
  /** The key whose value, a version, decides when this one is not said: whether it is at least `from`. */
  readonly follows?: { readonly key: string; readonly from: string };
  readonly facts: readonly {
    /** The name of a fact; `*` stands for any text. */
    readonly fact: string;
    /** The fact's value where the key's is true, when that is not true itself. */
    readonly yes?: Scalar;
    /** And where it is false. */
    readonly no?: Scalar;
    /** Of a key whose value is a list: the fact says whether this is on it. */
    readonly has?: string;
    /** The key that must hold for the fact to be there at all: without its package a version is missing. */
    readonly with?: string;
  }[];
}

type Scalar = string | boolean | null;

/** The value of a key. */
type HeldValue = Scalar | readonly string[];

/** How the value of a key is found for a release: the first case that applies. */
export type PackageCase = {
  /** The release it holds from. */
  readonly since?: string;
  readonly source: string;
} & (
  | { readonly value: HeldValue }
  /** Whether the release's requirements name the package. */
  | { readonly requires: string }
  /** The version its requirements pin. */
  | { readonly pin: string }
);

export interface InstallRow {
  readonly is: string;
  readonly holds: Readonly<Record<string, readonly PackageCase[]>>;
}

/** data/packages: what the keys mean, and what the usual installs of a platform hold. */
export interface Packages {
  readonly keys: Readonly<Record<string, PackageKey>>;
  readonly installs: Readonly<Record<string, Readonly<Record<string, InstallRow>>>>;
  /** What the recorder of answers took to be installed, where that is not what the image holds: a row by platform. */
  readonly recorder: Readonly<Record<string, Readonly<Record<string, InstallRow>>>>;
  /** What questions in bulk leave unsaid. */
  readonly conventions: Conventions;
}

/** A release, as far as what it installs goes. */
export interface ReleaseNeeds {
  readonly release: string;
  /** What its requirements say, by the name of the package: `==1.2.3`, `>=1`, or nothing. Undefined: they are not known. */
  readonly requirements: Readonly<Record<string, string>> | undefined;
}

/** What an install holds: the value of each key that is known, and where it is known from. */
export type Held = Readonly<Record<string, { readonly value: HeldValue; readonly source: string }>>;

/** The usual install of that name on a platform. Throws where there is none. */
export function checkInstall(packages: Packages, platform: string, name: string): InstallRow {
  const installs = packages.installs[platform] ?? {};
  const row = Object.hasOwn(installs, name) ? installs[name] : undefined;
  if (row !== undefined) return row;
  throw new WhichattnError({
    code: 'unknown-install',
    what: `There is no install ${JSON.stringify(name)}`,
    suggestions: nearest(name, Object.keys(installs)),
    todo: `Known are ${Object.keys(installs).join(' and ')}.`,
  });
}

/** What the usual install of that name holds for a release. Throws when there is no install of that name. */
export function installOf(packages: Packages, platform: string, name: string, release: ReleaseNeeds): Held {
  const row = checkInstall(packages, platform, name);
  const held = Object.entries(row.holds).flatMap(([key, cases]) => {
    const found = cases.find(({ since }) => since === undefined || atLeast(release.release, since));
    const value = found && valueOf(found, release);
    return found === undefined || value === undefined ? [] : [[key, { value, source: found.source }] as const];
  });
  return Object.fromEntries(held);
}

function valueOf(found: PackageCase, { requirements }: ReleaseNeeds): HeldValue | undefined {
  if ('value' in found) return found.value;
  if (requirements === undefined) return undefined;
  if ('requires' in found) return found.requires in requirements;
  return /^==\s*([^\s,;]+)$/.exec(requirements[found.pin] ?? '')?.[1];
}

/** The facts of the rules that follow from what is installed, by keys; a key that is not there leaves its facts unknown. */
export function packageFacts(keys: Packages['keys'], install: Readonly<Record<string, unknown>>): Facts {
  const exact = new Map<string, Fact>();
  const patterns: { readonly start: string; readonly test: RegExp; readonly value: Fact }[] = [];
  for (const [key, { facts, follows }] of Object.entries(keys)) {
    const said = Object.hasOwn(install, key) ? install[key] : follows && following(follows, install);
    for (const fact of facts) {
      const value = factOf(said, fact, install);
      if (value === undefined) continue;
      if (fact.fact.includes('*')) patterns.push({ start: fact.fact.split('*', 1)[0]!, test: glob(fact.fact), value });
      else exact.set(fact.fact, value);
    }
  }
  return {
    get: (name) =>
      exact.has(name)
        ? exact.get(name)
        : patterns.find(({ start, test }) => name.startsWith(start) && test.test(name))?.value,
  };
}

/** What is wrong with what is said to be installed, in words; undefined where nothing is. Keys that are none say nothing. */
export function wrongInstall(keys: Packages['keys'], install: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries(install)) {
    const wanted = Object.hasOwn(keys, name) ? wantedValue(keys[name]!, value) : undefined;
    if (wanted !== undefined) return `${name} is ${wanted}`;
  }
  return undefined;
}

/** What a key's value should be where it is another, in words. */
function wantedValue({ facts }: PackageKey, value: unknown): string | undefined {
  const listed = facts.flatMap(({ has }) => has ?? []);
  if (listed.length > 0) {
    const isList = Array.isArray(value) && value.every((one) => listed.includes(one as string));
    return isList ? undefined : `a list of ${[...new Set(listed)].map((one) => JSON.stringify(one)).join(', ')}`;
  }
  if (facts.every(({ fact }) => NAMING.test(fact)))
    return value === null || typeof value === 'string' ? undefined : 'a text, or null for none';
  return typeof value === 'boolean' ? undefined : 'true or false';
}

/** Facts whose value is a text. */
const NAMING = /^(?:version|machine)\./;

function following(
  { key, from }: NonNullable<PackageKey['follows']>,
  install: Readonly<Record<string, unknown>>,
): unknown {
  const version = install[key];
  return typeof version === 'string' ? atLeast(version, from) : undefined;
}

const glob = (text: string): RegExp => {
  const parts = text.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
};

function factOf(
  value: unknown,
  { yes, no, has, with: other }: PackageKey['facts'][number],
  install: Readonly<Record<string, unknown>>,
): Fact | undefined {
  if (other !== undefined && install[other] !== true) return install[other] === false ? MISSING : undefined;
  if (has !== undefined) return Array.isArray(value) ? value.includes(has) : undefined;
  if (value === true) return yes === undefined ? true : yes;
  if (value === false) return no === undefined ? false : no;
  return value === null || typeof value === 'string' ? value : undefined;
}

/** The same as an answerer of bulk questions takes it; the facts of the install itself are worked out once. */
export function stockOf({ keys, conventions }: Pick<Packages, 'keys' | 'conventions'>, held: Held): Stock {
  const holds: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(held).map(([key, { value }]) => [key, value]),
  );
  const usual = packageFacts(keys, holds);
  return { holds, conventions, facts: (install) => (install === holds ? usual : packageFacts(keys, install)) };
}
