/** The further model that a line gives for drafting: its config.json, where it is found. */
import { readModelConfig } from '../disk/index.ts';
import type { GivenModel, ReadArguments } from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { givenModel } from './givenmodel.ts';

/** Such models by their names, and what is to be said of one that was not found. */
export interface DraftingModels {
  readonly others: Readonly<Record<string, GivenModel>>;
  readonly notes: readonly string[];
}

/** The name of a model, and which version of it. */
interface Named {
  readonly name: string;
  readonly revision: string | undefined;
}

/** A model stands in a folder or under its maker's name; a word alone may be a way of drafting. */
const IS_PATH = /[/\\]/;

/** How a note begins that says why it is not known what drafts. */
export const NOT_KNOWN = 'What drafts is not known: ';

/** What a line names: inside what it gives for drafting, or by a flag of its own. */
function namedBy({ facts }: ReadArguments): Named | undefined {
  const given = facts['args.speculative_config']?.value;
  const inside = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {};
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const { model, revision } = inside as Readonly<Record<string, unknown>>;
  const name = text(model) ?? text(facts['args.spec_model']?.value);
  return name !== undefined && IS_PATH.test(name) ? { name, revision: text(revision) } : undefined;
}

/** Looks for it as for the model that is served. One that is not found is told in a note, and throws nothing. */
export async function draftingModels(
  line: ReadArguments,
  env: Readonly<Record<string, string>>,
  onHub: (endpoint: string) => () => void,
): Promise<DraftingModels> {
  const named = namedBy(line);
  if (named === undefined) return { others: {}, notes: [] };
  const { name, revision } = named;
  try {
    const found = await readModelConfig(name, { ...(revision === undefined ? {} : { revision }), env, onHub });
    return { others: { [name]: givenModel(found) }, notes: [] };
  } catch (error) {
    if (!(error instanceof WhichattnError)) throw error;
    return { others: {}, notes: [`${NOT_KNOWN}${error.message}`] };
  }
}
