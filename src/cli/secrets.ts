/** Words that nobody else should read: keys and tokens on a command line are not repeated. */

const HIDDEN = '***';
const FLAG = /^--(?:api[-_]k\w*|hf[-_]t\w*)$/;
const IN_TEXT = /(?<=^|\s)(--(?:api[-_]k|hf[-_]t)\w*(?:=|\s+))(?!-)("[^"]*"|'[^']*'|\S+)/g;
/** A hidden key with others after it: such a flag takes several. */
const MORE = /(?<=^|\s)--api[-_]k\w*(?:=|\s+)\*\*\*(?:[ \t]+(?:"[^"]*"|'[^']*'|[^\s"'\\&|;<>#-]\S*))+/g;
const VARIABLE = /(?<=^|[\s=])(\w*(?:API_KEY|TOKEN|SECRET|PASSWORD)=)("[^"]*"|'[^']*'|[^\s;&|]+)/g;
const KEYWORD = /\b((?:api_key|hf_token)["']?\s*[=:]\s*(["'])).*?(?=\2)/g;

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
          .replaceAll(KEYWORD, `$1${HIDDEN}`),
  );

/** The same line. */
export const lineWithoutSecrets = (line: string): string => withoutSecrets([line])[0]!;

const ARGUMENT = /^(?:api_key|hf_token)$/;

/** For `JSON.stringify`: hides what an argument of a server holds that nobody else should read. */
export const hideSecrets = (key: string, value: unknown): unknown =>
  ARGUMENT.test(key) && value !== null ? HIDDEN : value;
