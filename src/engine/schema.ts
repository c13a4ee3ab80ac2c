/** The JSON Schema of a decision, for those who read `--json`. Its parts stand in the order of `decision.ts`. */

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const whole: Schema = { type: 'integer' };
const anything: Schema = {};
const orNull = (type: string): Schema => ({ type: [type, 'null'] });
const list = (items: Schema): Schema => ({ type: 'array', items });
const one = (of: readonly string[]): Schema => ({ type: 'string', enum: of });
const part = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const partOrNull = (name: string): Schema => ({ anyOf: [part(name), { type: 'null' }] });

/** An object with these properties and no others; those that end with `?` may be absent. */
function object(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  const entries = Object.entries(properties);
  return {
    ...(description === undefined ? {} : { description }),
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace('?', ''), schema])),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

const outcome = one(['starts', 'refused', 'unknown']);
const how = one(['automatic', 'forced', 'per kind']);
const status = one(['chosen', 'out-ranked', 'would-work', 'refused', 'not-installed', 'unknown']);
const origin = one(['flag', 'config', 'catalogue', 'env', 'stock', 'default', 'derived', 'unknown']);
const given = { 'value?': anything, 'missing?': { const: true }, from: origin, 'where?': text };
const facts: Schema = { type: 'object', additionalProperties: part('givenFact') };

const defs: Readonly<Record<string, Schema>> = {
  givenFact: object(given, 'A fact of the question. Without value and without missing it is unknown.'),
  question: object({
    release: text,
    platform: text,
    facts,
    'rest?': list(object({ prefix: text, ...given })),
    'variants?': list(object({ name: text, facts })),
    'notes?': list(text),
    'asked?': anything,
  }),
  valueSet: object(
    {
      text,
      'values?': list(anything),
      'except?': list(anything),
      'min?': { type: 'number' },
      'max?': { type: 'number' },
      'multipleOf?': { type: 'number' },
      'not?': part('valueSet'),
      exact: flag,
    },
    'A set of values in words and as data. Where exact is false it may hold more than it names.',
  ),
  error: object({ type: text, text: orNull('string'), places: list(text) }, "vLLM's own error."),
  fact: object({ name: text, ...given, decisive: flag }),
  winner: object({ backend: text, class: text, name: orNull('string'), how }),
  limit: object({ fact: text, asked: anything, allowed: part('valueSet') }),
  reason: object({
    text: orNull('string'),
    certain: flag,
    because: list(text),
    limits: list(part('limit')),
    places: list(text),
  }),
  candidate: object({ backend: text, status, priority: orNull('integer'), reasons: list(part('reason')) }),
  condition: object({ fact: text, is: part('valueSet') }),
  possible: object({
    backend: orNull('string'),
    error: partOrNull('error'),
    when: list(list(part('condition'))),
    complete: flag,
  }),
  need: object({ fact: text, 'where?': text, leaves: list(object({ is: part('valueSet'), answers: list(text) })) }),
  forcing: object({ backend: text, outcome, 'runs?': text, error: partOrNull('error') }),
  change: object({ fact: text, from: anything, to: part('valueSet') }),
};

/** The JSON Schema of what `decide` gives. */
export const DECISION_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Decision',
  ...object({
    schemaVersion: { const: 1 },
    question: part('question'),
    release: text,
    platform: text,
    headline: object({
      outcome,
      backend: orNull('string'),
      how: { anyOf: [how, { type: 'null' }] },
      flashAttention: orNull('integer'),
      device: orNull('string'),
      release: text,
      possible: list(text),
    }),
    facts: list(part('fact')),
    outcome,
    error: partOrNull('error'),
    winner: partOrNull('winner'),
    possible: list(part('possible')),
    needs: list(part('need')),
    candidates: list(part('candidate')),
    funnel: object({ known: whole, listed: whole, installed: whole, valid: whole, chosen: whole }),
    flashAttention: {
      anyOf: [
        object({ version: orNull('integer'), known: flag, used: orNull('boolean'), because: list(text) }),
        { type: 'null' },
      ],
    },
    follows: {
      anyOf: [
        object({
          blockSize: anything,
          supportedBlockSizes: anything,
          kvLayout: { type: 'object', additionalProperties: anything },
          cudagraphSupport: anything,
          unknown: list(text),
        }),
        { type: 'null' },
      ],
    },
    logs: list(object({ level: text, text, places: list(text) })),
    forcing: list(part('forcing')),
    whatif: list(object({ backend: text, changes: list(part('change')) })),
    variants: list(object({ name: text, outcome, backend: orNull('string'), same: flag })),
    notes: list(object({ code: one(['not-modelled', 'not-read', 'bounded', 'inexact', 'variant']), text })),
  }),
  $defs: defs,
};
