import { describe, expect, it } from 'vitest';
import { bulkAnswer, type BulkQuestion, decide, oneLayerFacts, type Stock } from '../../src/engine/index.ts';
import { learnSelection, partsOf, readSelection } from '../../src/release/index.ts';
import { createMachine, UNKNOWN, unpackRules } from '../../src/rules/index.ts';

/**
 * A tree whose layers ask with a block size, whose platform sets it (and a backend) in the configuration first, whose
 * list tells no priority of what it refuses, and where a backend is asked for by the environment alone.
 */
const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/envs.py': `
import os
environment_variables = {
    "VLLM_ATTENTION_BACKEND": lambda: one_of("VLLM_ATTENTION_BACKEND"),
}
def one_of(name):
    value = os.getenv(name)
    if value is None:
        return None
    options = list(__import__("vllm.attention.backends.registry", fromlist=["x"]).AttentionBackendEnum.__members__.keys())
    if value not in options:
        raise ValueError(f"Invalid value '{value}'. Valid options: {options}.")
    return value
def __getattr__(name: str):
    if name in environment_variables:
        return environment_variables[name]()
    raise AttributeError(name)
`,
  'vllm/config/__init__.py': `
from dataclasses import dataclass
@dataclass
class CacheConfig:
    block_size: int = None
@dataclass
class ModelConfig:
    use_mla: bool = False
@dataclass
class VllmConfig:
    cache_config: CacheConfig
    model_config: ModelConfig
_current_vllm_config = None
`,
  'vllm/attention/__init__.py': '',
  'vllm/attention/backends/__init__.py': '',
  'vllm/attention/backends/registry.py': `
import enum
import importlib
class AttentionBackendEnum(enum.Enum):
    FIRST = "vllm.backends.First"
    SECOND = "vllm.backends.Second"
    THIRD = "vllm.backends.Third"
    NOWHERE = ""
    ELSEWHERE = ""
    def get_class(self):
        module, name = self.value.rsplit(".", 1)
        return getattr(importlib.import_module(module), name)
`,
  'vllm/backends.py': `
class Base:
    sizes = [16]
    @classmethod
    def validate_configuration(cls, head_size, block_size, device_capability):
        reasons = []
        if head_size > 256:
            reasons.append("head_size not supported")
        if block_size is not None and block_size not in cls.sizes:
            reasons.append("block_size not supported")
        return reasons
class First(Base):
    supported_kernel_block_sizes = [16, 32]
    @staticmethod
    def get_name(): return "FIRST"
class Second(Base):
    sizes = [64]
    @staticmethod
    def get_name(): return "SECOND"
    @classmethod
    def validate_configuration(cls, head_size, block_size, device_capability):
        reasons = super().validate_configuration(head_size, block_size, device_capability)
        if device_capability[0] < 9:
            reasons.append("capability not supported")
        return reasons
class Third(Base):
    @staticmethod
    def get_name(): return "THIRD"
    @classmethod
    def validate_configuration(cls, head_size, block_size, device_capability):
        return ["head_size not supported"] if head_size > 128 else []
`,
  'vllm/platforms/__init__.py': '',
  'vllm/platforms/cuda.py': `
import torch
import vllm.envs as envs
from vllm.attention.backends.registry import AttentionBackendEnum
from vllm.logger import init_logger
logger = init_logger(__name__)
class CudaPlatform:
    @classmethod
    def get_device_capability(cls):
        return torch.cuda.get_device_capability()
    @classmethod
    def check_and_update_config(cls, vllm_config):
        cache_config = vllm_config.cache_config
        if cache_config.block_size is None:
            cache_config.block_size = 16
        if vllm_config.model_config.use_mla and envs.VLLM_ATTENTION_BACKEND is None:
            envs.VLLM_ATTENTION_BACKEND = "SECOND"
            cache_config.block_size = 64
    @classmethod
    def get_valid_backends(cls, head_size, block_size, device_capability):
        valid, invalid = [], {}
        for priority, backend in enumerate([AttentionBackendEnum.SECOND, AttentionBackendEnum.FIRST, AttentionBackendEnum.THIRD]):
            reasons = backend.get_class().validate_configuration(head_size, block_size, device_capability)
            if reasons:
                invalid[backend] = reasons
            else:
                valid.append((backend, priority))
        return valid, invalid
    @classmethod
    def get_attn_backend_cls(cls, selected_backend, head_size, block_size):
        if selected_backend is not None:
            return selected_backend.value
        valid, invalid = cls.get_valid_backends(head_size, None, cls.get_device_capability())
        if not valid:
            raise ValueError(f"none with block_size {block_size}")
        logger.info("Valid: %s", tuple(b[0].name for b in valid))
        return valid[0][0].value
`,
  'vllm/logger.py': `
import logging
def init_logger(name):
    return logging.getLogger(name)
`,
  'vllm/attention/selector.py': `
import importlib
import vllm.envs as envs
from vllm.attention.backends.registry import AttentionBackendEnum
from vllm.platforms import current_platform

def get_attn_backend(head_size: int, block_size: int | None):
    name = envs.VLLM_ATTENTION_BACKEND
    selected = None if name is None else AttentionBackendEnum[name]
    module, name = current_platform.get_attn_backend_cls(selected, head_size, block_size).rsplit(".", 1)
    return getattr(importlib.import_module(module), name)
`,
};

const tree = { read: (path: string) => FILES[path], list: () => Object.keys(FILES) };
const conventions = { hf: {}, mla: {}, sparse: {}, connector: '', loaded: true, flashAttention: 'FLASH' };
const stock: Stock = { holds: {}, conventions, facts: () => new Map() };

/** The same where the choice rests on a file that only the wheel of the release has. */
const FETCHED: Readonly<Record<string, string>> = {
  ...FILES,
  'vllm/attention/selector.py': `
from vllm.backends import First, Third
def get_attn_backend(head_size: int):
    try:
        from vllm.vllm_flash_attn.flash_attn_interface import is_fa_version_supported
        return First if is_fa_version_supported(3 if head_size > 64 else 2) else Third
    except ImportError:
        return Third
`,
};

describe('a tree without a file that its build fetches', () => {
  const { rules } = readSelection({ read: (path) => FETCHED[path], list: () => Object.keys(FETCHED) }, 'cuda');
  const machine = createMachine(rules);
  const says = 'says.vllm.vllm_flash_attn.flash_attn_interface.is_fa_version_supported';
  const chosen = (facts: readonly (readonly [string, boolean | number])[]): unknown => {
    machine.load(new Map(facts));
    return machine.resolve(rules.terms['selection.class']!);
  };
  const there = [
    ['import.vllm.vllm_flash_attn', true],
    ['import.vllm.vllm_flash_attn.flash_attn_interface', true],
  ] as const;

  it('leaves open what the file says, and names it', () => {
    expect(chosen([['call.head_size', 128]])).toBe(UNKNOWN);
    expect(chosen([...there, ['call.head_size', 128]])).toBe(UNKNOWN);
    expect([...machine.unknowns()]).toEqual([`${says}(3)`]);
  });

  it('keeps apart what it says of one value and of another', () => {
    expect(chosen([...there, ['call.head_size', 128], [`${says}(3)`, false], [`${says}(2)`, true]])).toBe(
      'vllm.backends.Third',
    );
    expect(chosen([...there, ['call.head_size', 64], [`${says}(3)`, false], [`${says}(2)`, true]])).toBe(
      'vllm.backends.First',
    );
  });
});

describe('a tree of which the selection alone is learned', () => {
  const source = { file: 'tree', sha256: '' };
  const begun: string[] = [];
  const learned = learnSelection(tree, { release: '1.0', source }, tree, (part) => begun.push(part));

  it('is read part by part as was said before, and holds nothing of a start', () => {
    expect(begun).toEqual(partsOf(tree, true).map(({ name }) => name));
    expect(begun).toEqual(['selection.cuda']);
    expect(learned.backends).toEqual(['FIRST', 'SECOND', 'THIRD', 'NOWHERE']);
    expect(learned.config).toEqual({});
  });

  it('is a release that can be asked about', () => {
    const machine = createMachine(unpackRules(learned.selection['cuda']!));
    const q = { call: { head_size: 128 }, device: { capability: [9, 0] } };
    expect(bulkAnswer(machine, q, stock, '1.0')).toMatchObject({ winner: 'SECOND' });
  });
});

describe('a selection that is asked with a block size', () => {
  const machine = createMachine(readSelection(tree, 'cuda').rules);
  const ask = (q: BulkQuestion) => bulkAnswer(machine, q, stock, '1.0');
  const layer = (call: object = {}, capability = [9, 0]): BulkQuestion => ({
    call: { head_size: 128, ...call },
    device: { capability },
  });

  it('is asked with the one that its platform leaves in the configuration', () => {
    expect(ask(layer())).toMatchObject({ winner: 'SECOND', block_size: 16 });
    expect(ask({ ...layer(), config: { block_size: 32 } })).toMatchObject({ block_size: 32 });
    expect(ask(layer({ use_mla: true }))).toMatchObject({ block_size: 64 });
  });

  it('says what becomes of the size that a user asks for, and which line makes another of it', () => {
    const becomes = (q: BulkQuestion) => {
      const facts = oneLayerFacts(machine, q, stock);
      return decide(machine, { release: '1.0', platform: 'cuda', facts }).follows!.askedBlockSize;
    };
    const lines = FILES['vllm/platforms/cuda.py']!.split('\n');
    const place = `vllm/platforms/cuda.py:${lines.findIndex((line) => line.includes('block_size = 64')) + 1}`;
    const asked = { block_size: 32 };
    expect(becomes({ ...layer({ use_mla: true }), config: asked })).toMatchObject({
      asked: 32,
      runs: 64,
      places: [place],
    });
    expect(becomes({ ...layer(), config: asked })).toMatchObject({ asked: 32, runs: 32, places: [] });
    expect(becomes(layer({ use_mla: true }))).toBeNull();
  });

  it('is asked with another where a layer says one', () => {
    machine.load(new Map([['call.block_size', 8]]));
    expect(machine.resolve(machine.rules.terms['asked.block_size']!)).toBe(8);
  });

  it('finds the backend that the platform set in the environment of the process', () => {
    const set = ask(layer({ use_mla: true }, [8, 0]));
    expect(set).toMatchObject({ winner: 'SECOND', error: null, logs: [] });
    expect(ask(layer({}, [8, 0]))).toMatchObject({ winner: 'FIRST', logs: [['INFO', "Valid: ('FIRST', 'THIRD')"]] });
  });

  it('prints a tuple with one member as Python does', () => {
    expect(ask(layer({ head_size: 200 }, [8, 0])).logs).toEqual([['INFO', "Valid: ('FIRST',)"]]);
  });

  it('tells in an error what it was asked with', () => {
    expect(ask(layer({ head_size: 512 })).error).toMatchObject({ text: 'none with block_size 16' });
  });

  it('lists without the block size where the platform leaves it out, and with it where it does not list', () => {
    expect(ask(layer())).toMatchObject({ candidates: ['SECOND', 'FIRST', 'THIRD'], rejected: {} });
    const forced = ask({ ...layer(), requested: 'THIRD' });
    expect(forced).toMatchObject({ winner: 'THIRD', candidates: ['FIRST', 'THIRD'], requested_reasons: [] });
    expect(forced.rejected).toEqual({ SECOND: ['block_size not supported'] });
  });

  it('keeps the order of what is refused', () => {
    const { rejected } = ask({ ...layer({ head_size: 512 }, [8, 0]), requested: 'FIRST' });
    expect(Object.keys(rejected as object)).toEqual(['SECOND', 'FIRST', 'THIRD']);
  });

  it('gives what is refused the priorities that what is not leaves', () => {
    const facts = oneLayerFacts(machine, layer({}, [8, 0]), stock);
    const { candidates, winner } = decide(machine, { release: '1.0', platform: 'cuda', facts });
    expect(winner).toMatchObject({ backend: 'FIRST', how: 'automatic' });
    expect(candidates.map((c) => [c.backend, c.priority, c.status])).toEqual([
      ['SECOND', 0, 'refused'],
      ['FIRST', 1, 'chosen'],
      ['THIRD', 2, 'out-ranked'],
    ]);
  });

  it('tells a backend that the platform sets from one that its list gives', () => {
    const facts = oneLayerFacts(machine, layer({ use_mla: true }), stock);
    const { candidates, winner, follows } = decide(machine, { release: '1.0', platform: 'cuda', facts });
    expect(winner).toMatchObject({ backend: 'SECOND', how: 'platform' });
    expect(candidates.map((c) => [c.backend, c.status])).toEqual([
      ['SECOND', 'chosen'],
      ['FIRST', 'would-work'],
      ['THIRD', 'would-work'],
    ]);
    expect(follows).toMatchObject({ blockSize: 64 });
  });

  it('knows a backend as asked for by name that the environment names, and what asking for another comes to', () => {
    const facts = oneLayerFacts(machine, { ...layer({}, [8, 0]), requested: 'THIRD' }, stock);
    expect(facts['env.VLLM_ATTENTION_BACKEND']).toMatchObject({ value: 'THIRD', where: '--layer requested=THIRD' });
    const { winner, forcing } = decide(machine, { release: '1.0', platform: 'cuda', facts });
    expect(winner).toMatchObject({ backend: 'THIRD', how: 'forced' });
    expect(forcing.map((f) => [f.backend, f.outcome])).toEqual(
      expect.arrayContaining([
        ['FIRST', 'starts'],
        ['SECOND', 'starts'],
      ]),
    );
  });

  it('refuses a name in the environment as the release does, with every name that its enumeration has', () => {
    const options = "['FIRST', 'SECOND', 'THIRD', 'NOWHERE', 'ELSEWHERE']";
    expect(ask({ ...layer(), requested: 'OTHER' }).error).toMatchObject({
      type: 'ValueError',
      text: `Invalid value 'OTHER'. Valid options: ${options}.`,
    });
  });

  it('tells kernel block sizes that stand in an attribute', () => {
    expect(ask({ ...layer(), requested: 'FIRST' }).supported_block_sizes).toEqual([16, 32]);
  });
});

/** The same where a backend is part of the configuration, which takes it from the environment itself once it is made. */
const CONFIGURED: Readonly<Record<string, string>> = {
  ...FILES,
  'vllm/config/attention.py': `
from pydantic.dataclasses import dataclass
from vllm.attention.backends.registry import AttentionBackendEnum
@dataclass
class AttentionConfig:
    backend: AttentionBackendEnum | None = None
    def __post_init__(self):
        from vllm import envs
        name = envs.VLLM_ATTENTION_BACKEND
        if name is not None:
            self.backend = AttentionBackendEnum[name]
`,
  'vllm/config/__init__.py': FILES['vllm/config/__init__.py']!.replace(
    '@dataclass',
    'from vllm.config.attention import AttentionConfig\n@dataclass',
  )
    .replace('    cache_config:', '    attention_config: AttentionConfig\n    cache_config:')
    .replace('_config = None', '_config: VllmConfig | None = None'),
  'vllm/attention/selector.py': FILES['vllm/attention/selector.py']!.replace(
    '    name = envs.VLLM_ATTENTION_BACKEND\n',
    '',
  ).replace(
    'selected = None if name is None else AttentionBackendEnum[name]',
    'from vllm.config import _current_vllm_config as config\n    selected = config.attention_config.backend',
  ),
};

describe('a configuration that takes a backend from the environment', () => {
  const configured = { read: (path: string) => CONFIGURED[path], list: () => Object.keys(CONFIGURED) };
  const machine = createMachine(readSelection(configured, 'cuda').rules);
  const ask = (name: string) =>
    bulkAnswer(
      machine,
      {
        call: { head_size: 128 },
        device: { capability: [9, 0] },
        config: { block_size: 16 },
        env: { VLLM_ATTENTION_BACKEND: name },
      },
      stock,
      '1.0',
    );

  it('has the one that is named', () => {
    expect(ask('THIRD')).toMatchObject({ winner: 'THIRD', error: null });
  });

  it('refuses a name that there is not as the validation of the configuration', () => {
    expect(ask('OTHER').error).toMatchObject({
      type: 'ValidationError',
      text: "1 validation error for AttentionConfig\n  Value error, Invalid value 'OTHER'. Valid options: ['FIRST', 'SECOND', 'THIRD', 'NOWHERE', 'ELSEWHERE'].",
    });
  });
});
