import { expect, it } from 'vitest';
import { flatten, createReader, kindInput, newInstance } from '../../src/python/index.ts';
import type { ClassAtom } from '../../src/python/index.ts';
import { createEngineWorld } from '../../src/release/engineworld.ts';
import { serveChecks } from '../../src/release/servechecks.ts';
import { createBook } from '../../src/rules/index.ts';

const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/platforms/__init__.py': '',
  'vllm/entrypoints/__init__.py': '',
  'vllm/entrypoints/cli/__init__.py': '',
  'vllm/entrypoints/cli/serve.py': `
import uvloop
def run_many(args):
    raise RuntimeError("it runs")
async def serve(args):
    raise RuntimeError("it serves")
class ServeSubcommand:
    name = "serve"
    def validate(self, args):
        if args.port < 0:
            raise TypeError("no such port")
    @staticmethod
    def cmd(args):
        if args.headless and args.count > 0:
            raise ValueError("nobody asks a headless server")
        if args.count > 1:
            run_many(args)
        else:
            uvloop.run(serve(args))
`,
};

const TREE = {
  read: (file: string) => FILES[file],
  list: (folder: string) => Object.keys(FILES).filter((file) => file.startsWith(`${folder}/`)),
};

it('reads what a command refuses, and nothing of the servers that it then runs', () => {
  const R = createReader(createBook(), createEngineWorld(TREE, 'cuda'));
  R.lenient = true;
  const args = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  for (const [name, kinds] of [
    ['port', ['int']],
    ['count', ['int']],
    ['headless', ['false', 'true']],
  ] as const)
    args.attrs.set(name, kindInput(R, `args.${name}`, kinds));
  const raised = flatten(R, serveChecks(R, args).trace).flatMap((e) => (e.kind === 'raise' ? [e.exc.cls.name] : []));
  expect(raised).toEqual(['TypeError', 'ValueError']);
});
