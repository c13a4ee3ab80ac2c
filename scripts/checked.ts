/** Runs `whichattn check` on the logs of real servers whose GPU and model are recorded. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const main = path.join(import.meta.dirname, '../cli/main.js');

/** What comes of one log; undefined where its record does not say the GPU or the model. */
export function checkedLog(log: string, beside: string): 'agrees' | 'differs' | 'cannot tell' | undefined {
  const { gpu, hf_config: config } = JSON.parse(readFileSync(beside, 'utf8')) as { gpu?: string; hf_config?: unknown };
  if (gpu === undefined || config === undefined) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'whichattn-check-'));
  try {
    const model = path.join(folder, 'config.json');
    writeFileSync(model, JSON.stringify(config));
    const words = [main, 'check', log, '--gpu', gpu, '--model', model, '--install', 'wheel', '--json'];
    const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    return (JSON.parse(stdout) as { verdict: 'agrees' | 'differs' | 'cannot tell' }).verdict;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
