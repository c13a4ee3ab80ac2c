/*
 * Puts the commands and all that they load into one file, and keeps the engine's code of it, and where what stands in the large
 * files of the data: part of `npm run build`.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { answerOnce, BUNDLE, loadBundle } from '#cli';
import { keepOwnContents, readExamples } from '#disk';

/** Commands that are not waited for: they are loaded from their modules. */
const BESIDE = /[\\/]dist[\\/]cli[\\/](?:lists|coverage|diff|learn|completion|log|check)\.js$/;

/** Puts the modules into one file. What is not ASCII is escaped, so that the file can be read as such. */
async function putTogether(): Promise<void> {
  const commands = path.join(import.meta.dirname, '../cli/commands.js');
  const bundle = await rolldown({ input: commands, platform: 'node', external: (id) => BESIDE.test(id) });
  const { output } = await bundle.generate({ format: 'cjs', codeSplitting: false });
  // oxlint-disable-next-line no-control-regex -- what is not ASCII is told by where ASCII ends
  const text = output[0].code.replaceAll(/[^\u0000-\u007F]/g, escaped);
  rmSync(BUNDLE.code, { force: true });
  mkdirSync(path.dirname(BUNDLE.text), { recursive: true });
  // whoever runs the commands meanwhile finds one or the other
  writeFileSync(`${BUNDLE.text}.new`, text);
  renameSync(`${BUNDLE.text}.new`, BUNDLE.text);
}

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Runs the examples, and keeps the code that the engine made for them. */
async function keepCode(): Promise<void> {
  const loaded = loadBundle();
  if (loaded === undefined) throw new Error('what was put together is older than its modules');
  const lines = process.stdout.write.bind(process.stdout);
  const errors = process.stderr.write.bind(process.stderr);
  process.stdout.write = () => true;
  process.stderr.write = () => true;
  try {
    for (const example of readExamples()['why'] ?? []) await loaded.commands.start(wordsOf(example));
  } finally {
    process.stdout.write = lines;
    process.stderr.write = errors;
  }
  process.exitCode = 0;
  writeFileSync(BUNDLE.code, loaded.script.createCachedData());
}

/** The words of an example, as a shell would give them. */
const wordsOf = (example: string): string[] =>
  [...example.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!).slice(1);

answerOnce();
keepOwnContents();
await putTogether();
await keepCode();
