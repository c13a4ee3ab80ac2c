/** Words that every layout of an answer has in common. */
import type { Group } from '../engine/index.ts';
import { styled } from './style.ts';

/** So many lines of a part are shown where not everything is asked for. */
export const SHORT = 8;

/** A value in words. */
export function shown(value: unknown): string {
  if (value === null) return 'none';
  if (value === '{missing}') return 'missing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The names of layers; of a number that runs, which ones. */
export const layerNames = (names: Group['names']): string =>
  names.map(({ pattern, index }) => (index === '' ? pattern : `${pattern} (${index})`)).join(', ');

/** Where something stands in the release, what decides it last. */
export const placesOf = (places: readonly string[]): string[] =>
  places.length === 0 ? [] : [`  ${styled('dim', places.join(' ← '))}`];
