/** A command as typed into a shell: the variables set for it and the words after `vllm serve`. */
import { WhichattnError } from '../rules/index.ts';
import type { Json } from './bulk.ts';

export interface ServeCommand {
  readonly env: Readonly<Record<string, string>>;
  /** The words after `vllm serve`. */
  readonly argv: readonly string[];
  /** The release that the line itself says: the tag of an image. */
  readonly release?: string;
  /** The server's module is run, without a subcommand. */
  readonly direct?: true;
  /** A piece of Python that makes the engine, in the place of words. */
  readonly python?: string;
  /** Keyword arguments of `LLM`, in the place of words. */
  readonly keywords?: Readonly<Record<string, Json>>;
}

/** A word with what can tell an assignment: where its first unquoted `=` stands, if anywhere. */
interface Word {
  readonly text: string;
  readonly equals: number;
}

const OPERATORS = [';', '&', '|', '(', ')', '<', '>', '\n'];

/**
 * Reads a command: quotes, backslashes, line continuations and comments as a POSIX shell does it, variables that the text
 * itself sets, and the variables set before the command or by `export` and `env`. Throws where only a shell could go on,
 * and where there is no `vllm serve`.
 */
export function readCommand(text: string): ServeCommand {
  const variables = new Map<string, string>();
  const exported = new Map<string, string>();
  let start = 0;
  while (start < text.length) {
    const { words, end } = commandAt(text, start, variables);
    const found = serveIn(words, variables, exported);
    if (found) return found;
    start = end;
  }
  throw new WhichattnError({
    code: 'no-serve-command',
    what: `There is no \`vllm serve\` in ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)}`,
    why: 'A line is expected that runs `vllm serve MODEL …`, its image, or `python -m vllm.entrypoints.openai.api_server`.',
    todo: 'Give the whole line that starts the server: `vllm serve MODEL …`.',
  });
}

/** What one simple command does: sets variables, or serves. */
function serveIn(
  words: readonly Word[],
  variables: Map<string, string>,
  exported: Map<string, string>,
): ServeCommand | undefined {
  const own = new Map<string, string>();
  let at = 0;
  const assignments = (to: Map<string, string>): void => {
    for (; at < words.length; at++) {
      const [set] = assignmentIn(words[at]!);
      if (set === undefined) return;
      to.set(...set);
    }
  };
  assignments(own);
  if (words[at]?.text === 'export') {
    at++;
    const set = new Map<string, string>();
    assignments(set);
    for (const [name, value] of set) exported.set(name, value);
    for (; at < words.length; at++)
      if (variables.has(words[at]!.text)) exported.set(words[at]!.text, variables.get(words[at]!.text)!);
  }
  if (at >= words.length) for (const [name, value] of [...own, ...exported]) variables.set(name, value);
  const image = imageIn(words.slice(at));
  if (image !== undefined) return { ...image, env: { ...image.env } };
  const follows = (i: number, first: RegExp, ...rest: readonly string[]): boolean =>
    first.test(words[i]!.text) && rest.every((word, n) => words[i + 1 + n]?.text === word);
  const serve = words.findIndex(
    (_, i) => i >= at && (follows(i, /(^|\/)vllm$/, 'serve') || follows(i, /^-m$/, SERVER_MODULE)),
  );
  const code = serve < 0 ? pythonAt(words, at) : -1;
  if (serve < 0 && code < 0) return undefined;
  // `env A=b vllm serve`: what stands between is set too
  const between = words.slice(at, Math.max(serve, code)).flatMap(assignmentIn);
  const env = Object.fromEntries([...exported, ...own, ...between]);
  return { env, ...(serve < 0 ? madeBy(words[code]!) : served(words, serve)) };
}

/** The variable that a word sets, with its value. */
function assignmentIn({ text, equals }: Word): (readonly [string, string])[] {
  const isOne = equals > 0 && /^[A-Za-z_]\w*$/.test(text.slice(0, equals));
  return isOne ? [[text.slice(0, equals), text.slice(equals + 1)]] : [];
}

/** The words of a server, which begin behind those that say what is run. */
const served = (words: readonly Word[], at: number): Pick<ServeCommand, 'argv' | 'direct'> => ({
  argv: modelFirst(words.slice(at + 2)),
  ...(words[at]!.text === '-m' ? { direct: true } : {}),
});

const madeBy = ({ text }: Word): Pick<ServeCommand, 'argv' | 'python'> => ({ argv: [], python: text });

/** Where the piece of Python stands that a line runs, where it makes an engine; else -1. */
function pythonAt(words: readonly Word[], from: number): number {
  const python = words.findIndex(({ text }, i) => i >= from && /(?:^|\/)python[\d.]*$/.test(text));
  const flag = python < 0 ? -1 : words.findIndex(({ text }, i) => i > python && text === '-c');
  return flag >= 0 && /\bLLM\s*\(/.test(words[flag + 1]?.text ?? '') ? flag + 1 : -1;
}

/** The module that serves as `vllm serve` does, and takes its model by a flag. */
const SERVER_MODULE = 'vllm.entrypoints.openai.api_server';
/** An image whose entry point is the server, by its name and tag. */
const IMAGE = /(?:^|\/)vllm-openai(?::v?([^@]+))?(?:@.*)?$/;

/** What an image is run with; undefined where the words run none, or run something else in it. */
function imageIn(words: readonly Word[]): ServeCommand | undefined {
  const texts = words.map(({ text }) => text);
  if (!/(?:^|\/)(?:docker|podman|nerdctl)$/.test(texts[0] ?? '') || !texts.includes('run')) return undefined;
  const at = texts.findIndex((text) => IMAGE.test(text));
  if (at < 0 || texts.slice(0, at).some((text) => text.startsWith('--entrypoint'))) return undefined;
  const env: Record<string, string> = {};
  for (const [i, text] of texts.slice(0, at).entries()) {
    const said = /^(?:-e|--env)=?(.*)$/s.exec(text);
    if (said === null) continue;
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(said[1] === '' ? (texts[i + 1] ?? '') : said[1]!) ?? [];
    if (name !== undefined) env[name] = value!;
  }
  const release = /^\d+\.\d+\.\d+\S*$/.exec(IMAGE.exec(texts[at]!)?.[1] ?? '')?.[0];
  return { env, argv: modelFirst(words.slice(at + 1)), ...(release === undefined ? {} : { release }) };
}

/** The words with the model before the flags, where a flag says it. */
function modelFirst(words: readonly Word[]): string[] {
  const texts = words.map(({ text }) => text);
  const at = texts.findIndex((text) => /^--model(?:=|$)/.test(text));
  if (at < 0 || (at > 0 && !texts[0]!.startsWith('-'))) return texts;
  const own = texts[at]!.startsWith('--model=');
  const model = own ? texts[at]!.slice('--model='.length) : texts[at + 1];
  return model === undefined ? texts : [model, ...texts.slice(0, at), ...texts.slice(at + (own ? 1 : 2))];
}

/** The words of the simple command at a place, and where the next one begins. */
function commandAt(
  text: string,
  start: number,
  variables: ReadonlyMap<string, string>,
): { words: Word[]; end: number } {
  const words: Word[] = [];
  let at = start;
  while (at < text.length) {
    const c = text[at]!;
    if (c === '#') {
      const line = text.indexOf('\n', at);
      at = line < 0 ? text.length : line;
    } else if (OPERATORS.includes(c)) {
      const more = /^(?:[<>]+&?\s*[^\s;|&]*|[;&|()\n])/.exec(text.slice(at))![0];
      at += more.length;
      if (c === '<' || c === '>') {
        // a redirection: with the number of a stream before it, if there is one
        if (/^\d$/.test(words.at(-1)?.text ?? '') && /\d/.test(text[at - more.length - 1] ?? '')) words.pop();
        continue;
      }
      return { words, end: at };
    } else if (/\s/.test(c) || text.startsWith('\\\n', at)) at += c === '\\' ? 2 : 1;
    else if (text.startsWith('\\\r\n', at)) at += 3;
    else {
      const made = wordAt(text, at, variables);
      words.push(made.word);
      at = made.end;
    }
  }
  return { words, end: at };
}

/** One word: its quotes are taken off. */
function wordAt(text: string, start: number, variables: ReadonlyMap<string, string>): { word: Word; end: number } {
  let out = '';
  let equals = -1;
  let at = start;
  while (at < text.length && !/\s/.test(text[at]!) && !OPERATORS.includes(text[at]!)) {
    const c = text[at]!;
    if (c === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw unclosed(c);
      out += text.slice(at + 1, end);
      at = end + 1;
    } else if (c === '"') {
      const made = quoted(text, at + 1, variables);
      out += made.text;
      at = made.end;
    } else if (c === '\\') {
      if (!/^\\\r?\n/.test(text.slice(at, at + 3))) out += text[at + 1] ?? '';
      at += text.startsWith('\\\r\n', at) ? 3 : 2;
    } else if (c === '$' || c === '`') {
      const made = expansion(text, at, variables);
      out += made.text;
      at = made.end;
    } else {
      if (c === '=' && equals < 0) equals = out.length;
      out += c;
      at++;
    }
  }
  return { word: { text: out, equals }, end: at };
}

/** What stands between double quotes. */
function quoted(text: string, start: number, variables: ReadonlyMap<string, string>): { text: string; end: number } {
  let out = '';
  let at = start;
  while (at < text.length) {
    const c = text[at]!;
    if (c === '"') return { text: out, end: at + 1 };
    if (c === '\\' && /["\\$`\n]/.test(text[at + 1] ?? '')) {
      if (text[at + 1] !== '\n') out += text[at + 1]!;
      at += 2;
    } else if (c === '$' || c === '`') {
      const made = expansion(text, at, variables);
      out += made.text;
      at = made.end;
    } else {
      out += c;
      at++;
    }
  }
  throw unclosed('"');
}

/** A variable that the text has set; anything else is the shell's to know. */
function expansion(text: string, at: number, variables: ReadonlyMap<string, string>): { text: string; end: number } {
  const named = /^\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})/.exec(text.slice(at));
  if (text[at] === '$' && !named && !/[({]/.test(text[at + 1] ?? '')) return { text: '$', end: at + 1 };
  const name = named?.[1] ?? named?.[2];
  const value = name === undefined ? undefined : (variables.get(name) ?? named?.[3]);
  if (named && value !== undefined) return { text: value, end: at + named[0].length };
  throw new WhichattnError({
    code: 'shell-expansion',
    what: `The command holds ${JSON.stringify(named?.[0] ?? `${text.slice(at, at + 12)}…`)}`,
    why: 'What it stands for is known to the shell alone.',
    todo: 'Write its value in its place.',
  });
}

const unclosed = (quote: string): WhichattnError =>
  new WhichattnError({
    code: 'unclosed-quote',
    what: `A quote ${quote} is opened and never closed`,
    todo: 'Close it, or put a backslash before it.',
  });
