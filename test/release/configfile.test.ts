import { describe, expect, it } from 'vitest';
import { readArguments } from '../../src/release/index.ts';

/** A tree whose parser takes flags from a file that ends in `conf`, those of the line first. */
const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/entrypoints/__init__.py': '',
  'vllm/entrypoints/cli/__init__.py': '',
  'vllm/platforms/__init__.py': '',
  'vllm/entrypoints/cli/serve.py': `
import json
import yaml
from argparse import ArgumentParser

class FlexibleArgumentParser(ArgumentParser):
    def _pull_args_from_config(self, args):
        index = args.index("--config")
        if index == len(args) - 1:
            raise ValueError("which file?")
        own = self.load_config_file(args[index + 1])
        return args[:index] + args[index + 2:] + own

    def load_config_file(self, path):
        if not path.endswith(".conf"):
            raise ValueError("not a conf")
        made = []
        with open(path) as f:
            config = yaml.safe_load(f)
        for key, value in config.items():
            if isinstance(value, bool):
                made.append("--" + key if value else "--no-" + key)
            elif isinstance(value, dict):
                made += ["--" + key, json.dumps(value)]
            elif isinstance(value, list):
                for item in value:
                    made += ["--" + key, str(item)]
            else:
                made.append(f"--{key}={value}")
        return made

def make_arg_parser(parser):
    parser.add_argument("--config")
    return parser
`,
};

const tree = {
  read: (file: string) => FILES[file],
  list: (from: string) => Object.keys(FILES).filter((file) => file.startsWith(`${from}/`)),
};

describe('flags from a file', () => {
  it('are read as the tree takes them, and what it does otherwise is left open', () => {
    const { file } = readArguments(tree, 'cuda').table;
    expect(file?.words).toEqual({
      true: ['--{key}'],
      false: ['--no-{key}'],
      known: ['--no-{key}'],
      empty: [],
      dict: ['--{key}', '{json}'],
    });
    expect(file?.lines['model']).toEqual(['{model}', '{before}', '{after}', '{file}']);
    expect(file?.errors['unnamed']).toEqual({ type: 'ValueError', text: 'which file?' });
    expect(file?.extensions).toEqual(['conf']);
  });
});
