/**
 * Compares what we say of whole command lines with what vLLM itself said of them: `npm run check:serve` for all that is recorded of
 * releases that are learned whole, or
 * `node dist/scripts/check-serve.js [--vllm VERSION] [--file RECORDS] [--install NAME] [--out FILE] [--show N] [--why N]`.
 * `--set FACT=VALUE` gives a fact of the recorded machine that the install does not have.
 * `--started` says that servers were started for the records, and not only their models built.
 * `--all` also asks what is out of scope: encoders, vision towers, drafters. Nothing may be wrong.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCaseAnswerer } from '#cli';
import { listReleases, readRelease } from '#disk';
import type { GivenFact, Json } from '#engine';
import { createScore } from './score.ts';
import { isDecoderOnly, readServeRecords } from './serve.ts';
import { scriptWords } from './words.ts';

const { values } = scriptWords(
  '[--vllm VERSION] [--file RECORDS] [--install NAME] [--set FACT=VALUE]... [--started] [--all] [--id ID] [--out FILE] [--show N] [--why N]',
  {
    vllm: { type: 'string' },
    file: { type: 'string' },
    install: { type: 'string', default: 'image' },
    out: { type: 'string' },
    show: { type: 'string', default: '5' },
    why: { type: 'string', default: '0' },
    id: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
    started: { type: 'boolean', default: false },
  },
);

/** Where records lie, by release, and what they are of: what was installed, and whether servers were started for them. */
const RECORDED = [
  { folder: '../shared/oracle/serve', install: 'image', started: false },
  { folder: '../shared/oracle/serve-h200', install: 'wheel', started: true },
  { folder: 'test/serve/h200', install: 'wheel', started: true },
];

interface Records {
  readonly file: string;
  readonly install: string;
  readonly started: boolean;
}

const recordsOf = (version: string): readonly Records[] =>
  values.file === undefined
    ? RECORDED.map(({ folder, ...about }) => ({ file: path.join(folder, `${version}.jsonl.gz`), ...about })).filter(
        ({ file }) => existsSync(file),
      )
    : [{ file: values.file, install: values.install, started: values.started }];

const own = listReleases()
  .filter((release) => release.own)
  .map(({ release }) => release);
let passed = 0;
let failed = 0;
for (const version of values.vllm === undefined ? own : [values.vllm]) {
  const records = recordsOf(version);
  if (values.vllm === undefined && readRelease(version).config['cuda'] === undefined)
    process.stdout.write(`${version}: whole lines are not learned, the selection alone is\n`);
  else if (records.length === 0) process.stdout.write(`${version}: skipped, nothing is recorded of it\n`);
  else for (const one of records) check(version, one);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0) process.exitCode = 1;

/** A fact by its name, its value as JSON. */
function pair(text: string): [string, GivenFact] {
  const at = text.indexOf('=');
  return [text.slice(0, at), { value: JSON.parse(text.slice(at + 1)) as Json, from: 'flag', where: '--set' }];
}

function check(version: string, { file, install, started }: Records): void {
  const answers = createCaseAnswerer({
    vllm: version,
    platform: 'cuda',
    install,
    set: Object.fromEntries(values.set.map(pair)),
    started,
  });
  const records = readServeRecords(file).filter(
    (record) => (values.all || isDecoderOnly(record)) && (values.id === undefined || record.case.id === values.id),
  );
  const score = createScore();
  const why = new Map<string, number>();
  const lines = records.map((record) => {
    const answer = answers.answer(record.case);
    if (score.add(record, answer)) passed++;
    else failed++;
    for (const reason of new Set(answer.why)) why.set(reason, (why.get(reason) ?? 0) + 1);
    return JSON.stringify(answer);
  });
  if (values.out !== undefined) writeFileSync(values.out, `${lines.join('\n')}\n`);
  process.stdout.write(`${version}: ${records.length} command lines of ${file}\n`);
  for (const line of score.lines(Number(values.show))) process.stdout.write(`${line}\n`);
  const open = [...why].sort((a, b) => b[1] - a[1]).slice(0, Number(values.why));
  for (const [reason, times] of open) process.stdout.write(`open ${times} ${reason.slice(0, 300)}\n`);
}
