/** What a configuration class raises where it does not take a config.json, as rules say it. */
import { printed, UNKNOWN } from '../rules/index.ts';
import type { Resolved } from '../rules/index.ts';
import type { DecisionError } from './decision.ts';

/** What huggingface_hub's `strict` raises where a check of the finished object raises a ValueError or a TypeError. */
const BY_CHECK = 'StrictDataclassClassValidationError';

/** What it raises where a field is set to a value that is not of its type. */
export const BY_FIELD = 'StrictDataclassFieldValidationError';

/** What is raised. */
export interface Refusal {
  /** By the method itself; its text is null where it is not known. */
  readonly raised: DecisionError;
  /** By the constructor that calls it; undefined where that is not known. */
  readonly made: DecisionError | undefined;
}

/** Reads what rules say is raised. */
export function refusalOf(said: Resolved): Refusal {
  if (said === null || typeof said !== 'object' || Array.isArray(said)) return plainly(printed(said));
  const { raise, text = UNKNOWN, at, check } = said as Readonly<Record<string, Resolved>>;
  const raised: DecisionError = {
    type: printed(raise ?? UNKNOWN),
    text: text === UNKNOWN ? null : printed(text),
    places: typeof at === 'string' ? [at] : [],
  };
  return { raised, made: typeof check === 'string' ? byCheck(check, raised) : raised };
}

/** As `StrictDataclassClassValidationError.__init__` puts it together. */
const byCheck = (check: string, { type, text, places }: DecisionError): DecisionError => ({
  type: BY_CHECK,
  text: text === null ? null : `Class validation error for validator '${check}':\n    ${type}: ${text}`,
  places,
});

/** As tables hold it that were learned before it was kept which check raises: `Type (place)`, or `Type: text`. */
function plainly(said: string): Refusal {
  const [, type = 'Exception', text = null] = /^(\w+)(?:: (.*))?/s.exec(said) ?? [];
  const place = /^\w+ \((.*)\)$/s.exec(said)?.[1];
  return { raised: { type, text, places: place === undefined ? [] : [place] }, made: undefined };
}

/** What is raised as one line. */
export const shownRefusal = ({ raised: { type, text, places } }: Refusal): string =>
  text === null ? `${type} (${places[0] ?? 'somewhere'})` : `${type}: ${text}`;
