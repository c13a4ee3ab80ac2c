/** Runs `whichattn check` on the logs of real servers whose GPU and model are recorded. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writtenIn } from './written.ts';

const main = path.join(import.meta.dirname, '../cli/main.js');

/** What comes of one log; undefined where its record does not say the GPU or the model. */
export function checkedLog(log: string, beside: string): 'agrees' | 'differs' | 'cannot tell' | undefined {
  const text = readFileSync(beside, 'utf8');
  const { gpu } = JSON.parse(text) as { readonly gpu?: string };
  const config = writtenIn(text, 'hf_config');
  if (gpu === undefined || config === undefined) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'whichattn-check-'));
  try {
    const model = path.join(folder, 'config.json');
    writeFileSync(model, config);
    const words = [main, 'check', log, '--gpu', gpu, '--model', model, '--install', 'wheel', '--json'];
    const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    return (JSON.parse(stdout) as { verdict: 'agrees' | 'differs' | 'cannot tell' }).verdict;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
