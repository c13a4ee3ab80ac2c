/** What the platform of a release sets in the packages outside when it is imported: it holds for every question. */
import type { Machine } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { SetAtImport } from './decision.ts';
import { fieldsOf } from './outcome.ts';

/** The calls, in order; none where the rules tell none. */
export function atImport({ rules }: Machine): readonly SetAtImport[] {
  const term = rules.terms['platform.at_import'];
  if (term === undefined || term === null || typeof term !== 'object' || !('list' in term)) return [];
  return term.list.map(([, row, places = []]) => {
    const { call, argument = null } = fieldsOf(row);
    return {
      call: typeof call === 'string' ? call : '',
      argument: argument as Json,
      places: places.map((at) => rules.places[at]!),
    };
  });
}
