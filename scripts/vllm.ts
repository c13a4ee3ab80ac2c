/*
 * Asks vLLM's own code, which stays open in a process of its own.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Recorded } from './oracle.ts';
import { pythonWith, TORCH } from './sources.ts';

const root = path.join(import.meta.dirname, '../..');
/** The programs that ask vLLM's own code and that make up questions; they lie beside the repository. */
const oracle = path.join(root, '../shared/oracle');
export const GENERATOR = path.join(oracle, 'gen.py');

export type Asking = Recorded['q'];
export type Answered = Recorded['a'];

/** vLLM's own code of one source tree. Owns: the process that runs it. */
export interface Vllm {
  /** The answers in the order of the questions. `apart`: each in a process that imports vLLM for it alone. */
  ask(questions: readonly Asking[], apart?: boolean): Promise<Answered[]>;
  close(): void;
}

/** Of transformers nothing runs, but vLLM asks for its version. */
const PACKAGES =
  'numpy pydantic msgspec regex psutil cachetools pyyaml cloudpickle packaging tqdm six jinja2 typing_extensions transformers';

/** A Python that runs vLLM's own code. */
export const pythonForVllm = (): string =>
  pythonWith(
    [TORCH, 'setuptools<81', ...PACKAGES.split(' ')],
    ['torch', 'pydantic', 'msgspec', 'regex', 'cloudpickle', 'transformers'],
  );

/** Opens the code of a tree. It ends with this process, however that ends, for it reads what we write. */
export function openVllm(python: string, tree: string): Vllm {
  const program = path.join(root, 'scripts/ask-vllm.py');
  const child = spawn(python, [program, path.join(oracle, 'ask.py'), tree], { stdio: 'pipe' });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString('utf8')).slice(-2000);
  });
  // what is written to a process that ended is missed when its answer does not come
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => {
    said += error.message;
  });
  const line = async (): Promise<Answered> => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error(`the process that runs vLLM's own code ended: ${said}`);
    return JSON.parse(value) as Answered;
  };
  return {
    async ask(questions, apart = false) {
      child.stdin.write(`${JSON.stringify({ apart, questions })}\n`);
      const answers: Answered[] = [];
      // eslint-disable-next-line no-await-in-loop -- the lines come one after the other
      for (const _ of questions) answers.push(await line());
      return answers;
    },
    close() {
      child.stdin.end();
    },
  };
}
