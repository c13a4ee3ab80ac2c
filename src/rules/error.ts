export interface ErrorParts {
  /** Stable, for programs: `unknown-flag`, `bad-config`. */
  readonly code: string;
  /** What happened, with the value that was met. */
  readonly what: string;
  /** Why that is a problem. */
  readonly why?: string | undefined;
  /** What to do about it. */
  readonly todo?: string | undefined;
  /** Where it came from: a file and line, a flag, standard input. */
  readonly where?: string | undefined;
  /** Names that were perhaps meant, nearest first. */
  readonly suggestions?: readonly string[] | undefined;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/** The one error of this product. Everything else that is thrown is a bug of ours. */
export class WhichattnError extends Error {
  override readonly name = 'WhichattnError';
  readonly code: string;
  readonly what: string;
  readonly why: string | undefined;
  readonly todo: string | undefined;
  readonly where: string | undefined;
  readonly suggestions: readonly string[];

  constructor(parts: ErrorParts) {
    super(explain(parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = parts.code;
    this.what = parts.what;
    this.why = parts.why;
    this.todo = parts.todo;
    this.where = parts.where;
    this.suggestions = [...(parts.suggestions ?? [])];
  }

  /** A plain object of the same facts, without those that are absent. */
  toJSON(): Record<string, string | readonly string[]> {
    const json: Record<string, string | readonly string[]> = { code: this.code, what: this.what };
    if (this.why !== undefined) json['why'] = this.why;
    if (this.todo !== undefined) json['todo'] = this.todo;
    if (this.where !== undefined) json['where'] = this.where;
    if (this.suggestions.length > 0) json['suggestions'] = this.suggestions;
    return json;
  }
}

/** The message: one line a part, in the order a reader needs them. */
function explain({ what, where, why, suggestions, todo }: ErrorParts): string {
  const lines = [where === undefined ? what : `${what} (${where})`];
  if (why !== undefined) lines.push(why);
  if (suggestions !== undefined && suggestions.length > 0) lines.push(`Did you mean ${suggestions.join(' or ')}?`);
  if (todo !== undefined) lines.push(todo);
  return lines.join('\n');
}

/** The error for rules that are not as they were written. */
export const damagedRules = (what: string, why: string): WhichattnError =>
  new WhichattnError({
    code: 'bad-rules',
    what: `The rules are damaged: ${what}`,
    why,
    todo: 'Learn them again: `whichattn learn PATH`.',
  });
