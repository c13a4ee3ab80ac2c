import { expect, it } from 'vitest';
import { raisedByVariables } from '../../src/engine/enginestage.ts';
import { readEngineVariables } from '../../src/release/enginevars.ts';
import { createMachine, MISSING, packRules, unpackRules } from '../../src/rules/index.ts';

/* An engine that is up evaluates every variable of its release: a value that one of them does not take ends it. */

const ENVS = `
import functools, os
def choice(name, default, choices):
    def get():
        value = os.getenv(name)
        if value is None:
            return default
        if value not in choices:
            raise ValueError(f"Invalid value '{value}' for {name}. Valid options: {choices}.")
        return value
    return get
environment_variables = {
    "VLLM_COLOR": choice("VLLM_COLOR", "red", ["red", "blue"]),
    "VLLM_WORKERS": lambda: int(os.getenv("VLLM_WORKERS", str(min(os.cpu_count() or 1, 8)))),
    "VLLM_COUNT": lambda: bool(int(os.getenv("VLLM_COUNT", "0"))),
}
def __getattr__(name):
    return environment_variables[name]()
def enable_envs_cache():
    global __getattr__
    __getattr__ = functools.cache(__getattr__)
    for key in environment_variables:
        __getattr__(key)
`;

const engine = (last: string): string => `
from vllm.envs import enable_envs_cache
class EngineCore:
    def __init__(self):
        ${last}
`;

function readWith(last: string) {
  const files: Readonly<Record<string, string>> = {
    'vllm/__init__.py': '',
    'vllm/envs.py': ENVS,
    'vllm/v1/__init__.py': '',
    'vllm/v1/engine/__init__.py': '',
    'vllm/v1/engine/core.py': engine(last),
  };
  const tree = {
    read: (file: string) => files[file],
    list: (folder: string) => Object.keys(files).filter((file) => file.startsWith(`${folder}/`)),
  };
  const machine = createMachine(unpackRules(packRules(readEngineVariables(tree, 'cuda').rules)));
  return (env: Readonly<Record<string, string>>) => {
    const get = (name: string) => (name.startsWith('env.') ? (env[name.slice(4)] ?? MISSING) : undefined);
    const { error, open } = raisedByVariables(machine, { get });
    return { says: error?.text, open: open.length };
  };
}

const raised = readWith('enable_envs_cache()');

it('refuses a value that the release does not take, though nothing else asks for the variable', () => {
  expect(raised({ VLLM_COUNT: 'x' })).toEqual({ says: "invalid literal for int() with base 10: 'x'", open: 0 });
  expect(raised({ VLLM_COLOR: 'green' }).says).toBe(
    "Invalid value 'green' for VLLM_COLOR. Valid options: ['red', 'blue'].",
  );
});

it('tells the first error in the order of the table', () => {
  expect(raised({ VLLM_COUNT: 'x', VLLM_COLOR: 'green' }).says).toMatch(/^Invalid value 'green'/);
});

it('takes what the release takes, and does not doubt what is unset', () => {
  expect(raised({ VLLM_COUNT: ' 1_0 ', VLLM_COLOR: 'blue' })).toEqual({ says: undefined, open: 0 });
});

it('does not say what Python makes of digits of another script', () => {
  expect(raised({ VLLM_COUNT: '١' })).toEqual({ says: undefined, open: 1 });
});

it('refuses nothing where the engine of the tree evaluates none of them', () => {
  expect(readWith('pass')({ VLLM_COUNT: 'x' })).toEqual({ says: undefined, open: 0 });
});
