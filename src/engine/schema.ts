/**
 * The JSON Schema of a decision, for those who read `--json`. Its parts stand in the order of `decision.ts` and
 * `serverdecision.ts`.
 */

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
const how = one(['automatic', 'forced', 'per kind', 'platform', 'layer']);
const status = one(['chosen', 'out-ranked', 'would-work', 'refused', 'not-installed', 'unknown']);
const origin = one(['flag', 'config', 'catalogue', 'env', 'stock', 'default', 'derived', 'unknown']);
const given = { 'value?': anything, 'missing?': { const: true }, from: origin, 'where?': text };
const anyObject: Schema = { type: 'object', additionalProperties: anything };
const facts: Schema = { type: 'object', additionalProperties: part('givenFact') };

const defs: Readonly<Record<string, Schema>> = {
  givenFact: object(given, 'A fact of the question. Without value and without missing it is unknown.'),
  question: object({
    release: text,
    platform: text,
    facts,
    'rest?': list(object({ prefix: text, ...given })),
    'fixed?': facts,
    'model?': object({
      config: anyObject,
      'floats?': list(text),
      'quant?': anyObject,
      'leftOut?': list(text),
      from: origin,
      where: text,
    }),
    'line?': object({
      argv: list(text),
      given: list(object({ dest: text, typed: text, values: list(text), place: text })),
    }),
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
  log: object({ level: text, text, places: list(text) }),
  batchInvariance: object({
    fact: text,
    outcome,
    backend: orNull('string'),
    disables: list(object({ backend: text, reasons: list(text) })),
  }),
  setAtImport: object({ call: text, argument: anything, places: list(text) }),
  askedBlockSize: object({ asked: whole, runs: anything, known: flag, because: list(text), places: list(text) }),
  possibleValue: object({ value: anything, known: flag, when: list(list(part('condition'))), complete: flag }),
  setting: object(
    {
      name: text,
      value: anything,
      known: flag,
      because: list(text),
      possible: list(part('possibleValue')),
      needs: list(text),
      places: list(text),
    },
    "Something that the release's code settles, by the code's own name for it.",
  ),
  builder: object({
    class: text,
    settings: list(part('setting')),
    perBatch: list(part('setting')),
    error: partOrNull('error'),
    mayRaise: flag,
  }),
  variant: object({ name: text, outcome, backend: orNull('string'), same: flag }),
  note: object({ code: one(['not-modelled', 'registered', 'not-read', 'bounded', 'inexact', 'variant']), text }),
};

/** What is decided for one layer, whether it is asked about alone or in a group of a server. */
const ofLayer: Readonly<Record<string, Schema>> = {
  facts: list(part('fact')),
  outcome,
  error: partOrNull('error'),
  winner: partOrNull('winner'),
  possible: list(part('possible')),
  needs: list(part('need')),
  candidates: list(part('candidate')),
  funnel: {
    anyOf: [object({ known: whole, listed: whole, installed: whole, valid: whole, chosen: whole }), { type: 'null' }],
  },
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
        askedBlockSize: partOrNull('askedBlockSize'),
        kvLayout: anyObject,
        cudagraphSupport: anything,
        builder: partOrNull('builder'),
        unknown: list(text),
      }),
      { type: 'null' },
    ],
  },
  forcing: list(part('forcing')),
  whatif: list(object({ backend: text, changes: list(part('change')) })),
  notes: list(part('note')),
};

/** What every answer begins with. */
const head: Readonly<Record<string, Schema>> = {
  schemaVersion: { const: 1 },
  question: part('question'),
  release: text,
  platform: text,
  atImport: list(part('setAtImport')),
};

const layer = object(
  {
    ...head,
    headline: object({
      outcome,
      backend: orNull('string'),
      how: { anyOf: [how, { type: 'null' }] },
      flashAttention: orNull('integer'),
      device: orNull('string'),
      release: text,
      possible: list(text),
    }),
    ...ofLayer,
    logs: list(part('log')),
    batchInvariance: partOrNull('batchInvariance'),
    variants: list(part('variant')),
  },
  'The answer to a question about one layer.',
);

const stageError = { type: text, text: orNull('string'), places: list(text), stage: text };

const group = object({
  role: text,
  layer: text,
  by: text,
  asks: text,
  place: orNull('string'),
  layers: whole,
  certain: flag,
  names: list(object({ pattern: text, index: text })),
  call: anyObject,
  open: list(text),
  backend: orNull('string'),
  decision: { anyOf: [object(ofLayer), { type: 'null' }] },
});

const server = object(
  {
    ...head,
    headline: object({
      outcome,
      backends: list(
        object({ role: text, backend: orNull('string'), layers: whole, flashAttention: orNull('integer') }),
      ),
      device: orNull('string'),
      release: text,
      architecture: orNull('string'),
    }),
    outcome,
    error: { anyOf: [object(stageError), { type: 'null' }] },
    open: list(object({ ...stageError, needs: list(text) })),
    cases: list(
      object({
        fact: text,
        is: part('valueSet'),
        outcome,
        backends: list(orNull('string')),
        error: { anyOf: [object(stageError), { type: 'null' }] },
      }),
    ),
    groups: list(group),
    complete: flag,
    inputs: list(object({ name: text, ...given })),
    resolved: list(object({ name: text, ...given })),
    logs: list(part('log')),
    changes: list(object({ words: text, backends: list(orNull('string')) })),
    variants: list(part('variant')),
    notes: list(part('note')),
  },
  'The answer to a question about a server: `groups` holds a decision for each group of its layers.',
);

/** The JSON Schema of what `decide` and `decideServer` give. */
export const DECISION_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Decision',
  anyOf: [layer, server],
  $defs: defs,
};
