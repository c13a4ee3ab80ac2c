/** Words that nobody else should read: keys and tokens on a command line are not repeated. */

const HIDDEN = '***';
const FLAG = /^--(?:api[-_]k\w*|hf[-_]t\w*)$/;
const IN_TEXT = /(?<=^|\s)(--(?:api[-_]k|hf[-_]t)\w*(?:=|\s+))(?!-)("[^"]*"|'[^']*'|\S+)/g;
/** A hidden key with others after it: such a flag takes several. */
const MORE = /(?<=^|\s)--api[-_]k\w*(?:=|\s+)\*\*\*(?:[ \t]+(?:"[^"]*"|'[^']*'|[^\s"'\\&|;<>#-]\S*))+/g;
const VARIABLE = /(?<=^|[\s=])(\w*(?:API_KEY|TOKEN|SECRET|PASSWORD)=)("[^"]*"|'[^']*'|[^\s;&|]+)/g;
const KEYWORD = /\b((?:api_key|hf_token)["']?\s*[=:]\s*(["'])).*?(?=\2)/g;

/** Names of members that hold a key or a token, in whatever way they are written. */
const NAMED = String.raw`(?:\w*(?:api|access|secret|private)_?-?key(?:_id)?|\w*(?:secret|passw(?:or)?d|credentials?)|(?:\w*[_-])?(?:hf|auth|access|bearer|session|security|api|refresh)_?-?token|token)`;
const MEMBER = new RegExp(String.raw`((["'])${NAMED}\2\s*:\s*(["'])).*?(?=\3)`, 'gi');
/** Who asks, in an address. */
const ASKER = /(?<=:\/\/)[^/\s:@'"]*:[^/\s@'"]+(?=@)/g;

/** The keys after the first that is hidden, hidden as well. */
function allHidden(text: string): string {
  const at = text.indexOf(HIDDEN) + HIDDEN.length;
  return text.slice(0, at) + text.slice(at).replaceAll(/"[^"]*"|'[^']*'|\S+/g, HIDDEN);
}

/** The same words, with what is given as a key or a token hidden. A word may hold a whole line. */
export const withoutSecrets = (words: readonly string[]): string[] =>
  words.map((word, at) =>
    FLAG.test(words[at - 1] ?? '') && !word.startsWith('-')
      ? HIDDEN
      : word
          .replaceAll(IN_TEXT, `$1${HIDDEN}`)
          .replaceAll(MORE, allHidden)
          .replaceAll(VARIABLE, `$1${HIDDEN}`)
          .replaceAll(KEYWORD, `$1${HIDDEN}`)
          .replaceAll(MEMBER, `$1${HIDDEN}`)
          .replaceAll(ASKER, HIDDEN),
  );

/** The same line. */
export const lineWithoutSecrets = (line: string): string => withoutSecrets([line])[0]!;

const ARGUMENT = new RegExp(`^${NAMED}$`, 'i');

/** For `JSON.stringify`: hides what an argument of a server holds that nobody else should read. */
export function hideSecrets(key: string, value: unknown): unknown {
  if (ARGUMENT.test(key) && value !== null && typeof value !== 'boolean') return HIDDEN;
  return typeof value === 'string' ? lineWithoutSecrets(value) : value;
}
