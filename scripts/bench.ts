/*
 * Measures speed and size, in one run on one machine, and prints a table. Never part of the tests.
 *
 *   npm run bench -- [--vllm VERSION] [--all] [--log MEGABYTES] [--source ARCHIVE-OR-FOLDER] [--ask PATH/ask.py --python python3]
 *
 * With --all the decisions of every release that has recorded answers are measured. With a source, learning is measured as well; with ask.py and an unpacked tree, vLLM's own code on the same questions.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import { installOf, stockOf } from '#catalog';
import { columns, learnFrom } from '#cli';
import { listReleases, modelClassesFile, readExamples, readPackages, readRelease } from '#disk';
import { bulkAnswer, factsOf } from '#engine';
import { createMachine, type Fact, type Machine, unpackRules } from '#rules';
import { benchLogs } from './benchlog.ts';
import { boxedData } from './boxed.ts';
import { readRecorded, type Recorded } from './oracle.ts';
import { scriptWords } from './words.ts';

const root = path.join(import.meta.dirname, '../..');
const main = path.join(root, 'dist/cli/main.js');
const { values } = scriptWords(
  '[--vllm VERSION] [--all] [--log MEGABYTES] [--source ARCHIVE-OR-FOLDER] [--ask PATH/ask.py --python python3]',
  {
    vllm: { type: 'string' },
    all: { type: 'boolean', default: false },
    log: { type: 'string', default: '200' },
    source: { type: 'string' },
    ask: { type: 'string' },
    python: { type: 'string', default: 'python3' },
  },
);
const releases = listReleases(root).filter(({ own }) => own);
const version = values.vllm ?? releases[0]?.release;
if (version === undefined) throw new Error('no release has been learned');

const rows: string[][] = [];
const row = (what: string, value: string, note = ''): void => {
  rows.push([what, value, note]);
};
const whole = (n: number): string => Math.round(n).toLocaleString('en');
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** Runs work again and again; gives the median of the rounds after the first ones, in seconds. */
function timed(work: () => void, rounds = 9): number {
  for (let i = 0; i < 3; i++) work();
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return (performance.now() - start) / 1000;
  });
  return median(times);
}

const TERMS = ['selection.class', 'candidates.valid', 'candidates.refused'];

/** The facts of a question, in the order of the inputs that the rules read. */
type Row = readonly (Fact | undefined)[];

/** The whole candidate list with every reason, and what is chosen, of one question after the other. */
function decider(machine: Machine, isKept: boolean): (questions: readonly Row[]) => void {
  const numbers = new Map(machine.inputs.map((input, i) => [input, i]));
  const load = machine.source((input) => {
    const i = numbers.get(input);
    return (question: Row) => (i === undefined ? undefined : question[i]);
  });
  const resolvers = TERMS.map((name) => machine.resolver(machine.rules.terms[name]!));
  const all = (): unknown => resolvers.map((resolve) => resolve());
  const decide = isKept ? machine.trail(all) : all;
  return (questions) => {
    for (const question of questions) {
      load(question);
      decide();
    }
  };
}

/** The recorded questions of a release about attention; none where there is no record. */
function questionsOf(release: string): readonly Recorded[] {
  const file = [`../shared/oracle/goldens/${release}.jsonl.gz`, `test/oracle/${release}.jsonl.gz`]
    .map((name) => path.join(root, name))
    .find((name) => existsSync(name));
  return file === undefined ? [] : readRecorded(file, 'cuda').filter(({ q }) => q.kind !== 'vit');
}

/** A release's rules, its recorded questions, and these as the facts that its rules read. */
function opened(release: string) {
  const data = readRelease(release);
  const packages = readPackages();
  const requirements = data.requirements['cuda'] ?? {};
  const stock = stockOf(packages, installOf(packages, 'cuda', 'image', { release, requirements }));
  const machine = createMachine(unpackRules(data.selection['cuda']!));
  const questions = questionsOf(release);
  const facts = questions.map(({ q }): Row => {
    const known = factsOf(q, stock, machine.rules);
    return machine.inputs.map((input) => known.get(input));
  });
  return { machine, stock, questions, facts };
}

/** Seconds that all questions take. */
function secondsFor({ machine, facts }: Pick<ReturnType<typeof opened>, 'machine' | 'facts'>, isKept: boolean): number {
  const decide = decider(machine, isKept);
  return timed(() => {
    decide(facts);
  });
}

/** One row for every release that has recorded answers. */
function decisionsOfAll(): void {
  for (const { release } of releases) {
    const one = opened(release);
    const n = one.questions.length;
    if (n === 0) continue;
    const [kept, anew] = [secondsFor(one, true), secondsFor(one, false)];
    row(`decisions a second of ${release}`, whole(n / kept), `${whole(n / anew)} worked out anew; ${n} questions`);
  }
}

function decisions(release: string): void {
  const one = opened(release);
  const { machine, stock, questions } = one;
  const n = questions.length;
  const seconds = secondsFor(one, true);
  const list = 'recorded questions, whole list with every reason';
  row('decisions a second, warm', whole(n / seconds), `${n} ${list}`);
  const anew = secondsFor(one, false);
  row('the same, each worked out anew', whole(n / anew), 'as for questions unlike any before');
  const bulk = timed(() => {
    for (const { q } of questions) bulkAnswer(machine, q, stock, release);
  });
  row('bulk answers a second, warm', whole(n / bulk), 'from question to plain JSON, with what follows');
  const real = realCode(release, questions);
  if (real !== undefined) {
    row("vLLM's own selector, warm", whole(1 / real), 'get_attn_backend alone, on the same questions in CPython');
    row('times as many', (n / seconds / (1 / real)).toFixed(1), 'decisions a second, in this run');
  }
}

/** Seconds a call of vLLM's own code takes, where a tree and ask.py are given. */
function realCode(release: string, questions: readonly Recorded[]): number | undefined {
  const { ask, source, python } = values;
  if (ask === undefined || source === undefined || !existsSync(source) || !statSync(source).isDirectory())
    return undefined;
  const input = questions.map(({ q }) => JSON.stringify(q)).join('\n');
  const run = spawnSync(python, [ask, '--tree', source, '--bench', '20'], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const mean = /mean (\d+(?:\.\d+)?) us per get_attn_backend/.exec(run.stderr)?.[1];
  if (mean === undefined) process.stderr.write(`${release}: ask.py gave no time: ${run.stderr.slice(-300)}\n`);
  return mean === undefined ? undefined : Number(mean) / 1e6;
}

/** A command as a whole process, from start to end. */
function cold(what: string, args: readonly string[], input = '', rounds = 15): void {
  const codes = new Set<number | null>();
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    codes.add(spawnSync(process.execPath, [main, ...args], { input, cwd: root }).status);
    return performance.now() - start;
  });
  const codesText = [...codes].join(', ');
  row(what, `${whole(median(times))} ms`, `whole process, median of ${rounds}, exit code ${codesText}`);
}

async function learning(source: string): Promise<void> {
  const start = performance.now();
  await learnFrom({ from: source, as: version }, new AbortController().signal);
  row('learning a release', `${((performance.now() - start) / 1000).toFixed(1)} s`, path.basename(source));
}

/** The first example of a command, as its arguments. */
const exampleOf = (command: string): string[] =>
  [...(readExamples()[command]?.[0] ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!).slice(1);

decisions(version);
if (values.all) decisionsOfAll();
const one = JSON.stringify(questionsOf(version)[0]!.q);
cold('ask, one question, cold', ['ask', '--vllm', version], `${one}\n`);
cold('why, cold', exampleOf('why'));
cold('--version, cold', ['--version']);
if (values.source !== undefined) await learning(values.source);
const kb = (n: number): string => `${whole(n / 1000)} KB`;
for (const { release, file } of releases)
  for (const [what, part] of [
    ['rules', file],
    ['model classes', modelClassesFile(file)],
  ] as const) {
    if (!existsSync(part)) continue;
    const bytes = readFileSync(part);
    row(`${what} of ${release}`, kb(bytes.length), `${kb(gzipSync(bytes, { level: 9 }).length)} gzipped`);
  }
const boxes = [...(await boxedData(['releases'])).values()];
row('all of them', kb(boxes.reduce((n, { length }) => n + length, 0)), 'as the package ships them, compressed');
const cpu = cpus()[0]?.model ?? 'unknown processor';
process.stdout.write(`${availableParallelism()} cores, ${cpu}, Node ${process.versions.node}, release ${version}\n\n`);
/** A start as a server prints it. */
const START = readFileSync(path.join(root, 'test/logs/start.log'), 'utf8');
for (const [what, value, note] of await benchLogs(Number(values.log), START)) row(what, value, note);

process.stdout.write(`${columns(rows, [1]).join('\n')}\n`);
