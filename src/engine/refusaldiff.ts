/** How two releases differ in what a backend refuses, found by trying a value of every region that either can tell apart. */
import { printed, UNKNOWN } from '../rules/index.ts';
import type { Domain } from '../rules/index.ts';
import { readOwn } from './candidates.ts';
import type { Prober } from './explain.ts';
import { label, reads, valuesOfBoth } from './situations.ts';
import type { Situation } from './situations.ts';

/** What one release says of a fact's values for a backend. */
export interface Refuses {
  /** The values that are refused whatever every other fact is, in words. */
  readonly values: string;
  readonly texts: readonly string[];
  readonly places: readonly string[];
}

export interface RefusalChange {
  readonly backend: string;
  /** null: whatever is asked. */
  readonly fact: string | null;
  /** More is refused, less, some of both, or the same in other words. */
  readonly change: 'narrowed' | 'widened' | 'moved' | 'reworded';
  readonly before: Refuses;
  readonly after: Refuses;
  /** Of the values that are tried, those that the later release alone refuses, and the earlier one alone. */
  readonly newly: readonly string[];
  readonly nowTaken: readonly string[];
}

/** A backend of both releases, by its name in each. */
export type Pair = readonly [before: string, after: string];

/** In place of the words of a reason that are not known. */
const OPEN_WORDS = 'a reason whose words depend on other facts';

/** What is said against a backend for certain, with the places. */
type Against = ReadonlyMap<string, readonly string[]>;

function against(prober: Prober, backend: string, facts: Situation): Against {
  const machine = prober.with(facts);
  const own = readOwn(machine, backend);
  const held = (own?.reasons ?? []).filter(({ certain }) => certain);
  const said = held.map(({ text, places }) => [text ?? OPEN_WORDS, places] as const);
  const { raise } = own ?? {};
  if (raise !== undefined && raise !== 'open') {
    const text = machine.resolve(raise.text);
    said.push([`${raise.type}${text === UNKNOWN ? '' : `: ${printed(text)}`}`, raise.places]);
  }
  return new Map(said.map(([text, places]) => [text, places.map((at) => machine.rules.places[at]!)]));
}

/** What may be said against a backend and is not certain. */
const openAgainst = (prober: Prober, backend: string, facts: Situation): ReadonlySet<string | null> =>
  new Set(
    (readOwn(prober.with(facts), backend)?.reasons ?? []).flatMap(({ certain, text }) => (certain ? [] : [text])),
  );

/** The facts on which it depends what is said against a backend. */
function factsBehind(prober: Prober, backend: string): string[] {
  against(prober, backend, {});
  return prober.machine.used().map((input) => prober.shownAs(input));
}

/** What a backend of both releases refuses, where that differs. */
export function refusalChanges(before: Prober, after: Prober, pair: Pair): RefusalChange[] {
  const always = [against(before, pair[0], {}), against(after, pair[1], {})] as const;
  const facts = new Set([...factsBehind(before, pair[0]), ...factsBehind(after, pair[1])]);
  const whole = wholeChange(pair, always);
  return [
    ...whole,
    ...[...facts].toSorted().flatMap((fact) => {
      const change = factChange([before, after], pair, fact, always);
      return change === undefined ? [] : [change];
    }),
  ];
}

const textsOf = (said: Against): string => JSON.stringify([...said.keys()].toSorted());

/** What changed in what is said against a backend whatever is asked. */
function wholeChange([, backend]: Pair, [before, after]: readonly [Against, Against]): RefusalChange[] {
  if (textsOf(before) === textsOf(after)) return [];
  const refuses = (said: Against): Refuses => ({
    values: said.size === 0 ? 'nothing' : 'anything',
    texts: [...said.keys()],
    places: [...new Set([...said.values()].flat())],
  });
  const change = before.size === 0 ? 'narrowed' : after.size === 0 ? 'widened' : 'reworded';
  return [{ backend, fact: null, change, before: refuses(before), after: refuses(after), newly: [], nowTaken: [] }];
}

/** What is said of one value beyond what is said of all. */
const beyond = (said: Against, always: Against): Against => new Map([...said].filter(([text]) => !always.has(text)));

/** What is said of one value in either release. */
interface Tried {
  readonly facts: Situation;
  readonly said: readonly [Against, Against];
  /** Whether what one release says is certainly not said in the other. */
  readonly gone: (side: 0 | 1) => boolean;
}

function factChange(
  probers: readonly [Prober, Prober],
  pair: Pair,
  fact: string,
  always: readonly [Against, Against],
): RefusalChange | undefined {
  const domains = probers.map((prober) => (reads(prober, fact) ? prober.domain(fact) : undefined));
  const says = (side: 0 | 1, facts: Situation): Against =>
    beyond(against(probers[side], pair[side], facts), always[side]);
  const values = valuesOfBoth(probers, fact);
  const tried = values.map((facts): Tried => {
    const said = [says(0, facts), says(1, facts)] as const;
    return { facts, said, gone: (side) => isGone(said[side], openAgainst(probers[1 - side]!, pair[1 - side]!, facts)) };
  });
  const newly = tried.filter(({ said: [a, b], gone }) => a.size === 0 && b.size > 0 && gone(1));
  const taken = tried.filter(({ said: [a, b], gone }) => a.size > 0 && b.size === 0 && gone(0));
  const change = kindOf(newly.length > 0, taken.length > 0, tried.some(isReworded));
  if (change === undefined) return undefined;
  return {
    backend: pair[1],
    fact,
    change,
    before: refusesOf(domains[0], (facts) => says(0, facts)),
    after: refusesOf(domains[1], (facts) => says(1, facts)),
    newly: newly.map(({ facts }) => label(facts)),
    nowTaken: taken.map(({ facts }) => label(facts)),
  };
}

/** What is certain in one release and open in the other has not changed for certain. */
const isGone = (said: Against, open: ReadonlySet<string | null>): boolean =>
  !open.has(null) && [...said.keys()].every((text) => !open.has(text));

/** Whether a value is refused in both releases, and in none of the words of the other. */
const isReworded = ({ said: [a, b], gone }: Tried): boolean =>
  a.size > 0 &&
  b.size > 0 &&
  [...a.keys()].every((text) => text !== OPEN_WORDS && !b.has(text)) &&
  !b.has(OPEN_WORDS) &&
  gone(0) &&
  gone(1);

function kindOf(more: boolean, less: boolean, words: boolean): RefusalChange['change'] | undefined {
  if (more && less) return 'moved';
  if (more) return 'narrowed';
  if (less) return 'widened';
  return words ? 'reworded' : undefined;
}

function refusesOf(domain: Domain | undefined, says: (facts: Situation) => Against): Refuses {
  const said = (domain?.regions ?? []).map(says);
  const values = domain?.describe((region) => said[region]!.size > 0).text ?? 'nothing';
  return {
    values,
    texts: [...new Set(said.flatMap((one) => [...one.keys()]))],
    places: [...new Set(said.flatMap((one) => [...one.values()].flat()))],
  };
}
