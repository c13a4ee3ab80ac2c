import { describe, expect, it } from 'vitest';
import { missingFrom, readSelection, type Tree } from '../../src/release/index.ts';

const treeOf = (files: Readonly<Record<string, string>>): Tree => ({
  read: (path) => files[path],
  list: (folder) => Object.keys(files).filter((file) => file.startsWith(folder)),
});
const PLATFORMS = 'def one():\n    return "vllm.platforms.one.OnePlatform" if has_one else None\n';
const REGISTRY = 'class AttentionBackendEnum(Enum):\n    FIRST = "vllm.v1.attention.backends.first.FirstBackend"\n';
const whole = {
  'vllm/platforms/__init__.py': PLATFORMS,
  'vllm/platforms/one.py': 'class OnePlatform: pass\n',
  'vllm/v1/attention/backends/registry.py': REGISTRY,
  'vllm/v1/attention/backends/first.py': 'class FirstBackend: pass\n',
};
const without = (path: keyof typeof whole): Tree => {
  const { [path]: _, ...files } = whole;
  return treeOf(files);
};

describe('half a tree', () => {
  it('lacks nothing where it is whole', () => {
    expect(missingFrom(treeOf(whole))).toEqual([]);
  });

  it('is told by what it lacks', () => {
    expect(missingFrom(without('vllm/platforms/one.py'))).toEqual([
      'The tree holds no vllm.platforms.one: nothing was learned of the platform of vllm.platforms.one.OnePlatform.',
    ]);
    expect(missingFrom(without('vllm/v1/attention/backends/first.py')).join('\n')).toContain(
      'names vllm.v1.attention.backends.first,',
    );
    expect(missingFrom(without('vllm/v1/attention/backends/registry.py')).join('\n')).toContain('no registry');
  });

  it('is refused where nothing says how a backend is selected, or where a file is no Python', () => {
    expect(() => readSelection(treeOf(whole), 'cuda')).toThrow('The tree has no attention selector');
    const broken = { ...whole, 'vllm/v1/attention/selector.py': 'def (:\n' };
    expect(() => readSelection(treeOf(broken), 'cuda')).toThrow('no Python');
  });
});
