/** How the flags of two releases differ. */
import type { ArgumentTable, Flag } from './flags.ts';

export interface NamedFlag {
  /** All ways to write it. */
  readonly flag: string;
  readonly place: string;
}

export interface FlagRedefinition {
  readonly flag: string;
  readonly what: 'spellings' | 'choices' | 'default' | 'deprecated';
  readonly before: string;
  readonly after: string;
  readonly places: readonly [string, string];
}

export interface ArgumentChanges {
  readonly added: readonly NamedFlag[];
  readonly removed: readonly NamedFlag[];
  readonly changed: readonly FlagRedefinition[];
}

/** Compares flags by the ways to write them. A default that was not read is not compared. */
export function argumentChanges(before: ArgumentTable, after: ArgumentTable): ArgumentChanges {
  const [a, b] = [byOption(before), byOption(after)];
  const changed = [...a].flatMap(([flag, was]) => {
    const is = b.get(flag);
    return is === undefined ? [] : changesOf(flag, was, is);
  });
  return { added: absent(after, a), removed: absent(before, b), changed };
}

const byOption = ({ flags }: ArgumentTable): ReadonlyMap<string, Flag> =>
  new Map(flags.flatMap((flag) => flag.options.map((option) => [option, flag] as const)));

/** The flags none of whose spellings the other release takes. */
const absent = ({ flags }: ArgumentTable, other: ReadonlyMap<string, Flag>): NamedFlag[] =>
  flags.flatMap(({ options, place }) =>
    options.length === 0 || options.some((option) => other.has(option)) ? [] : [{ flag: options.join(', '), place }],
  );

function changesOf(flag: string, was: Flag, is: Flag): FlagRedefinition[] {
  // the other ways to write a flag would say the same again
  if (was.options.find((option) => is.options.includes(option)) !== flag) return [];
  const pairs: (readonly [FlagRedefinition['what'], string | undefined, string | undefined])[] = [
    ['spellings', was.options.join(', '), is.options.join(', ')],
    ['choices', choices(was), choices(is)],
    ['default', value(was), value(is)],
    ['deprecated', String(was.deprecated === true), String(is.deprecated === true)],
  ];
  return pairs.flatMap(([what, before, after]) =>
    before === undefined || after === undefined || before === after
      ? []
      : [{ flag, what, before, after, places: [was.place, is.place] as const }],
  );
}

const choices = ({ choices: own }: Flag): string =>
  own === undefined ? 'any' : own.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ');

function value({ default: own }: Flag): string | undefined {
  if (own === undefined) return 'none';
  return 'value' in own ? JSON.stringify(own.value) : undefined;
}
