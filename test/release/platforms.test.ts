import { describe, expect, it } from 'vitest';
import { platformsOf, readSelection } from '../../src/release/index.ts';
import { createMachine, type Fact } from '../../src/rules/index.ts';

/** A tree with a platform that tells its devices apart by the names of their architectures. */
const FILES: Readonly<Record<string, string>> = {
  'CMakeLists.txt': 'set(HIP_SUPPORTED_ARCHS "gfx90a;gfx942;gfx1100")',
  'vllm/__init__.py': '',
  'vllm/backends.py': ['class Old: pass', 'class New: pass', 'class Third: pass'].join('\n'),
  'vllm/platforms/__init__.py': '',
  'vllm/platforms/interface.py': 'class Platform: pass',
  'vllm/platforms/rocm.py': `
import re
import torch
from .interface import Platform

ARCH = torch.cuda.get_device_properties("cuda").gcnArchName
ON_NEW = any(name in ARCH for name in ["gfx94", "gfx95"])

def number(arch):
    found = re.match(r"gfx(\\d+)", arch)
    return int(found.group(1)[:2]) if found else 0

class RocmPlatform(Platform):
    @classmethod
    def get_attn_backend_cls(cls, selected_backend, head_size):
        if ON_NEW:
            return "vllm.backends.New"
        if number(ARCH) == 11 and torch.cuda.get_device_capability()[0] == 11:
            return "vllm.backends.Third"
        return "vllm.backends.Old"
`,
  'vllm/platforms/tpu.py': `
try:
    from elsewhere import TpuPlatform as Theirs
    TpuPlatform = Theirs
except ImportError:
    pass
`,
  'vllm/v1/__init__.py': '',
  'vllm/v1/attention/__init__.py': '',
  'vllm/v1/attention/selector.py': `
import importlib
from vllm.platforms import current_platform

def get_attn_backend(head_size: int):
    module, name = current_platform.get_attn_backend_cls(None, head_size).rsplit(".", 1)
    return getattr(importlib.import_module(module), name)
`,
};

const tree = { read: (path: string) => FILES[path], list: () => Object.keys(FILES) };

describe('a platform that is not the usual one', () => {
  const { rules } = readSelection(tree, 'rocm');
  const machine = createMachine(rules);
  const chosen = (gfx: string): unknown => {
    machine.load(new Map<string, Fact>([['device.gfx', gfx]]));
    return machine.resolve(rules.terms['selection.class']!);
  };

  it('is read where its class stands in the tree, and not where another package brings it', () => {
    expect(platformsOf(tree)).toEqual(['rocm']);
  });

  it('knows its devices by the names that the tree is built for', () => {
    const choices = rules.variables.flatMap((v) => ('choice' in v && v.choice === 'device.gfx' ? [v.of] : []));
    expect(choices).toEqual([['gfx1100', 'gfx90a', 'gfx942']]);
    expect(chosen('gfx942')).toBe('vllm.backends.New');
    expect(chosen('gfx90a')).toBe('vllm.backends.Old');
    expect(chosen('gfx1100')).toBe('vllm.backends.Third');
  });

  it('takes other names as Python would, in full or by a part of them', () => {
    expect(chosen('gfx950')).toBe('vllm.backends.New');
    expect(chosen('gfx942:sramecc+:xnack-')).toBe('vllm.backends.New');
    expect(chosen('gfx1151')).toBe('vllm.backends.Third');
    expect(chosen('gfx803')).toBe('vllm.backends.Old');
  });

  it('asks for nothing but the name: the capability follows from it', () => {
    expect(machine.inputs.filter((name) => name.startsWith('device.'))).toEqual(['device.gfx']);
  });
});
