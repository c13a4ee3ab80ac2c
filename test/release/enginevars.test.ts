import { expect, it } from 'vitest';
import { createKnown } from '../../src/engine/index.ts';
import { loggingStage, raisedByVariables } from '../../src/engine/enginestage.ts';
import type { Question } from '../../src/engine/index.ts';
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

const LOGGER = `
import os
from copy import deepcopy
from logging.config import dictConfig
from vllm import envs
DEFAULT = {"handlers": {"own": {"class": "logging.StreamHandler", "level": "INFO"}}, "version": 1}
def _configure_vllm_root_logger():
    config = {}
    if os.getenv("VLLM_CONFIGURE", "1") == "1":
        config = deepcopy(DEFAULT)
        config["handlers"]["own"]["level"] = os.getenv("VLLM_LEVEL", "INFO").upper()
    if config:
        dictConfig(config)
`;

function treeWith(last: string) {
  const files: Readonly<Record<string, string>> = {
    'vllm/__init__.py': '',
    'vllm/envs.py': ENVS,
    'vllm/logger.py': LOGGER,
    'vllm/v1/__init__.py': '',
    'vllm/v1/engine/__init__.py': '',
    'vllm/v1/engine/core.py': engine(last),
  };
  const tree = {
    read: (file: string) => files[file],
    list: (folder: string) => Object.keys(files).filter((file) => file.startsWith(`${folder}/`)),
  };
  return createMachine(unpackRules(packRules(readEngineVariables(tree, 'cuda').rules)));
}

function readWith(last: string) {
  const machine = treeWith(last);
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

it('refuses a level of logging that there is not before all else, unless the line says how to log', () => {
  const machine = treeWith('pass');
  const said = (env: Readonly<Record<string, string>>, args: Readonly<Record<string, string>> = {}) => {
    const facts = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [`env.${name}`, { value, from: 'env' as const }]),
    );
    const all: Readonly<Record<string, string | undefined>> = { ...args };
    const known = createKnown([
      {
        fact: (name) =>
          facts[name] ??
          (all[name] === undefined ? { missing: true, from: 'default' } : { value: all[name], from: 'flag' }),
        because: () => [],
      },
    ]);
    return loggingStage(() => machine, { facts } as unknown as Question).run(known).error?.text;
  };
  expect(said({ VLLM_LEVEL: 'loud' })).toBe("Unable to configure handler 'own'");
  expect(said({ VLLM_LEVEL: 'warning' })).toBeUndefined();
  expect(said({ VLLM_LEVEL: 'loud', VLLM_CONFIGURE: '0' })).toBeUndefined();
  expect(said({ VLLM_LEVEL: 'loud' }, { 'args.log_level': 'INFO' })).toBeUndefined();
});
