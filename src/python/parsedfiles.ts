/** The statements of files, parsed once. */
import { type Node, parsePython } from './syntax.ts';
import { WhichattnError } from '../rules/index.ts';
import { indexBody } from './boundnames.ts';

/** What a file's text says whoever reads it. */
interface Parsed {
  readonly body: readonly Node[];
  readonly lines: readonly string[];
  readonly binders: ReadonlyMap<string, readonly number[]>;
  /** The names that functions of the module bind with `global`. */
  readonly changing: ReadonlySet<string>;
}

/** By the file: a world that gives the same object again is not parsed again. */
const parsed = new WeakMap<object, Parsed>();

/** The statements of a file. Throws where it is no Python. */
function statementsOf({ text, path }: { readonly text: string; readonly path?: string }): readonly Node[] {
  try {
    return parsePython(text);
  } catch (cause) {
    throw new WhichattnError({
      code: 'bad-python',
      what: 'A file of the tree is no Python that can be read',
      why: cause instanceof Error ? cause.message : String(cause),
      where: path,
      cause,
    });
  }
}

export function parsedFile(source: { readonly text: string; readonly path?: string }): Parsed {
  let known = parsed.get(source);
  if (known) return known;
  const body = statementsOf(source);
  known = {
    body,
    lines: source.text.split('\n'),
    binders: indexBody(body),
    changing: new Set(
      [...source.text.matchAll(/^[ \t]+global[ \t]+(.+)$/gm)].flatMap((m) =>
        m[1]!
          .split('#')[0]!
          .split(',')
          .map((n) => n.trim()),
      ),
    ),
  };
  parsed.set(source, known);
  return known;
}
