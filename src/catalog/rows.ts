import { z } from 'zod';

/*
 * The shapes of our own facts. Strict: a key that is not listed here is a mistake, never a silent extra.
 * Loaded on demand: nothing that answers a question needs them, and the schema library takes its time to start.
 */

const text = z.string().min(1);
const kebab = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);

const gpuFacts = {
  id: kebab,
  /** What the driver's library reports for it, letter for letter. */
  name: text,
  /** Stands only where no source shows the driver reporting that name. */
  nameConfirmed: z.literal(false).optional(),
  /** What people type. A word that could mean several rows stands on one of them alone. */
  aliases: z.array(text),
  /** As its maker states it or a driver reported it; the smallest, where one name is sold in several sizes. */
  memoryGiB: z.number().min(2).max(1024),
  /** Which fact comes from where. */
  source: text,
};

export const gpuRow = z.discriminatedUnion('vendor', [
  z.strictObject({
    ...gpuFacts,
    vendor: z.literal('nvidia'),
    capability: z.tuple([z.int().min(7).max(19), z.int().min(0).max(9)]),
  }),
  z.strictObject({ ...gpuFacts, vendor: z.literal('amd'), gfx: z.string().regex(/^gfx[0-9]{2,3}[0-9a-f]$/) }),
  z.strictObject({ ...gpuFacts, vendor: z.literal('intel') }),
]);

const jsonObject = z.record(z.string(), z.unknown());

/** The id of a model is the path of its file, `<org>/<name>.json`, and stands nowhere in it. */
export const modelRow = z.strictObject({
  source: z.strictObject({
    what: z.literal('published config.json'),
    /** The public copy it was taken from. */
    where: text,
    /** Other public copies that agree in every key they share with it. */
    also: z.array(text).min(1).optional(),
  }),
  /** Published keys that the row leaves out: how much they hold, of a list `list of 3 texts`, or why, when that is not their size. */
  left_out: z.array(text).min(1).optional(),
  /** The published file. */
  config: jsonObject,
  /** The published hf_quant_config.json beside it. */
  quant: jsonObject.optional(),
});

export type GpuRow = z.infer<typeof gpuRow>;
export type ModelRow = z.infer<typeof modelRow>;

const scalar = z.union([z.string(), z.boolean(), z.null()]);
const key = z.string().regex(/^[a-z][a-z0-9_]*$/);

export const packageKeys = z.record(
  key,
  z.strictObject({
    is: text,
    follows: z.strictObject({ key, from: text }).optional(),
    facts: z.array(
      z.strictObject({
        fact: text,
        yes: scalar.optional(),
        no: scalar.optional(),
        has: text.optional(),
        with: key.optional(),
      }),
    ),
  }),
);

const since = z
  .string()
  .regex(/^\d+\.\d+\.\d+$/)
  .optional();

export const packageInstalls = z.record(
  key,
  z.record(
    key,
    z.strictObject({
      is: text,
      holds: z.record(
        key,
        z
          .array(
            z.union([
              z.strictObject({ since, value: z.union([scalar, z.array(text)]), source: text }),
              z.strictObject({ since, requires: text, source: text }),
              z.strictObject({ since, pin: text, source: text }),
            ]),
          )
          .min(1),
      ),
    }),
  ),
);

export const bulkConventions = z.strictObject({
  is: text,
  hf: jsonObject,
  mla: jsonObject,
  sparse: jsonObject,
  capability: z.tuple([z.int().min(0), z.int().min(0)]),
  connector: text,
  loaded: z.boolean(),
  flashAttention: text,
});
