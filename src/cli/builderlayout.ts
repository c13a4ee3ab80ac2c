/** Lays out what the release's code settles beside the backend: by the code's own names, with when and where. */
import type { Decision, SetAtImport, Setting } from '../engine/index.ts';
import { columns, styled } from './style.ts';
import { placesOf, SHORT, shown } from './shown.ts';

/** What the switch for answers that do not depend on the batch would change. */
export function invarianceLines(what: Decision['batchInvariance']): string[] {
  if (what === null) return [];
  const runs = what.backend ?? (what.outcome === 'refused' ? 'refused' : 'unknown');
  return columns([
    [`  ${what.fact}=1`, runs],
    ...what.disables.map(({ backend, reasons }) => [`  disables ${styled('bold', backend)}`, reasons.join('; ')]),
  ]);
}

/** What the platform sets in packages outside when it is imported. */
export const importLines = (sets: readonly SetAtImport[]): string[] =>
  columns(
    sets.map(({ call, argument, places }) => [`  ${call}(${shown(argument)})`, styled('dim', places.join(', '))]),
  );

/** What the metadata builder settles, at start-up and for every batch, with where the release sets it. */
export function builderLines({ follows }: Pick<Decision, 'follows'>, all: boolean): string[] {
  const builder = follows?.builder ?? null;
  if (builder === null) return [];
  const { settings, perBatch, error, mayRaise } = builder;
  const shortened = (list: readonly string[]): string[] => [...list].slice(0, all ? list.length : SHORT / 2);
  const row = (setting: Setting): string[] => [
    `  ${setting.name}`,
    settingWords(setting, all),
    styled('dim', [shortened(setting.because).join(', '), setting.places[0] ?? ''].filter((t) => t !== '').join('  ')),
  ];
  return [
    ...columns([...settings, ...perBatch].map(row)),
    ...(error === null
      ? []
      : [`  ${styled('red', `It raises ${error.type}`)}: ${error.text ?? ''}`, ...placesOf(error.places)]),
    ...(mayRaise && all ? ['  Whether it raises something depends on what is unknown.'] : []),
  ];
}

/** A setting's value, or the values that are left with when each comes out: the last one in all other cases. */
function settingWords({ value, known, possible, needs }: Setting, all: boolean): string {
  if (known) return shown(value);
  const told = possible.toSorted((a, b) => Number(b.value === true) - Number(a.value === true));
  const [last, ...before] = told.toReversed();
  if (last === undefined || before.length === 0 || told.length > (all ? told.length : 3))
    return `unknown: depends on ${needs.slice(0, all ? needs.length : 3).join(', ')}`;
  const named = ({ value: left, known: is }: Setting['possible'][number]): string => (is ? shown(left) : 'unknown');
  const cases = before.toReversed().map((one) => `${named(one)} when ${whenWords(one, all)}`);
  return [...cases, `else ${named(last)}`].join(', ');
}

/** When a value comes out, in as few cases as there are. */
function whenWords({ when, complete }: Setting['possible'][number], all: boolean): string {
  const cases = when
    .slice(0, all ? when.length : 2)
    .map((one) => one.map(({ fact, is }) => `${fact} is ${is.text}`).join(' and '));
  return [...cases, ...(complete && cases.length === when.length ? [] : ['in other cases'])].join(', or ');
}
