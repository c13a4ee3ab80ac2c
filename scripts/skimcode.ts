/*
 * Writes `src/logs/skimcode.ts` from `src/logs/skim.wat`: the code of what skims a log, as the engine takes it. A test says whether
 * the two belong together. `node dist/scripts/skimcode.js`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

/** The bytes of a module of WebAssembly, of its text. */
export async function assembled(text: string): Promise<Uint8Array> {
  const assembler = await wabt();
  const module = assembler.parseWat('skim.wat', text, { simd: true });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** The text of `skimcode.ts` that belongs to the text of a module. */
export async function skimCode(text: string): Promise<string> {
  const code = Buffer.from(await assembled(text)).toString('hex');
  return `/** \`skim.wat\` as WebAssembly, in hexadecimal digits: \`node dist/scripts/skimcode.js\` writes it. */
export const SKIM_CODE =
  '${code}';
`;
}

/** Where the text of the module lies, and its code, from the root of the repository on. */
export const SKIM = { text: 'src/logs/skim.wat', code: 'src/logs/skimcode.ts' };

if (process.argv[1] === import.meta.filename) writeFileSync(SKIM.code, await skimCode(readFileSync(SKIM.text, 'utf8')));
