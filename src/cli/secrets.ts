/** Words that nobody else should read: keys and tokens on a command line are not repeated. */

const HIDDEN = '***';
const FLAG = /^--(?:api[-_]key|hf[-_]token)$/;
const IN_TEXT = /(?<=^|\s)(--(?:api[-_]key|hf[-_]token)(?:=|\s+))(?!-)("[^"]*"|'[^']*'|\S+)/g;
const VARIABLE = /(?<=^|[\s=])(\w*(?:API_KEY|TOKEN|SECRET|PASSWORD)=)("[^"]*"|'[^']*'|[^\s;&|]+)/g;
const KEYWORD = /\b((?:api_key|hf_token)["']?\s*[=:]\s*(["'])).*?(?=\2)/g;

/** The same words, with what is given as a key or a token hidden. A word may hold a whole line. */
export const withoutSecrets = (words: readonly string[]): string[] =>
  words.map((word, at) =>
    FLAG.test(words[at - 1] ?? '') && !word.startsWith('-')
      ? HIDDEN
      : word.replaceAll(IN_TEXT, `$1${HIDDEN}`).replaceAll(VARIABLE, `$1${HIDDEN}`).replaceAll(KEYWORD, `$1${HIDDEN}`),
  );
