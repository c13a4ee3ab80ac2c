import { describe, expect, it } from 'vitest';
import { checkGpus, findGpu, type GpuRow, gpuSpellings, platformOf, nearest } from '../../src/catalog/index.ts';
import { readGpus } from '../../src/disk/index.ts';
import { WhichattnError } from '../../src/rules/index.ts';

const gpus = readGpus();
const name = (typed: string): string => findGpu(gpus, typed).name;

function refusal(typed: string): WhichattnError {
  try {
    findGpu(gpus, typed);
  } catch (error) {
    if (error instanceof WhichattnError) return error;
  }
  throw new Error(`${typed} was found`);
}

describe('the list of GPUs', () => {
  it('is sound', async () => {
    expect(await checkGpus(gpus)).toEqual([]);
  });

  it('covers what vLLM is run on', () => {
    const nvidia = gpus.filter((row) => row.vendor === 'nvidia');
    expect(nvidia.length).toBeGreaterThanOrEqual(100);
    expect(gpus.length - nvidia.length).toBeGreaterThanOrEqual(30);
    const capabilities = new Set(nvidia.map(({ capability }) => capability.join('.')));
    for (const capability of ['7.0', '7.5', '8.0', '8.6', '8.7', '8.9', '9.0', '10.0', '10.3', '11.0', '12.0', '12.1'])
      expect(capabilities).toContain(capability);
  });

  it('confirms the name of every card of a data centre, workstation or desktop', () => {
    const unsure = gpus.filter((row) => row.vendor === 'nvidia' && row.nameConfirmed === false);
    expect(unsure.filter((row) => !row.name.includes('Jetson'))).toEqual([]);
  });

  // One line a GPU whose capability decides differently from that of its neighbours.
  it.each([
    ['V100', [7, 0]],
    ['T4', [7, 5]],
    ['A100', [8, 0]],
    ['A10G', [8, 6]],
    ['RTX 3090', [8, 6]],
    ['Jetson AGX Orin', [8, 7]],
    ['L4', [8, 9]],
    ['RTX 4090', [8, 9]],
    ['RTX 6000 Ada', [8, 9]],
    ['H100', [9, 0]],
    ['H20', [9, 0]],
    ['GH200', [9, 0]],
    ['B200', [10, 0]],
    ['GB200', [10, 0]],
    ['B300', [10, 3]],
    ['GB300', [10, 3]],
    ['Jetson Thor', [11, 0]],
    ['RTX 5090', [12, 0]],
    ['RTX PRO 6000', [12, 0]],
    ['DGX Spark', [12, 1]],
  ])('%s has capability %j', (typed, capability) => {
    expect(findGpu(gpus, typed)).toMatchObject({ vendor: 'nvidia', capability });
  });

  it.each([
    ['MI300X', 'gfx942'],
    ['MI325X', 'gfx942'],
    ['MI355X', 'gfx950'],
    ['MI250X', 'gfx90a'],
    ['7900 XTX', 'gfx1100'],
    ['R9700', 'gfx1201'],
    ['Strix Halo', 'gfx1151'],
  ])('%s is %s', (typed, gfx) => {
    expect(findGpu(gpus, typed)).toMatchObject({ vendor: 'amd', gfx });
  });

  it.each([
    ['H100', 'cuda'],
    ['MI300X', 'rocm'],
    ['Arc B580', 'xpu'],
    ['intel arc pro b60', 'xpu'],
    ['Max 1550', 'xpu'],
  ])('%s runs on platform %s', (typed, platform) => {
    expect(platformOf(findGpu(gpus, typed))).toBe(platform);
  });
});

describe('findGpu', () => {
  it('takes a word that could mean several as the one stated', () => {
    expect(name('H100')).toBe('NVIDIA H100 80GB HBM3');
    expect(name('A100')).toBe('NVIDIA A100-SXM4-80GB');
    expect(name('V100')).toBe('Tesla V100-SXM2-32GB');
    expect(name('MI300')).toBe('AMD Instinct MI300X');
  });

  it('does not mind case, spaces, hyphens, underscores or the vendor', () => {
    for (const typed of ['h100', 'H100-SXM', 'h100 sxm5', 'nvidia h100', 'NVIDIA_H100_80GB_HBM3', ' H100 '])
      expect(name(typed)).toBe('NVIDIA H100 80GB HBM3');
    expect(name('nvidia rtx 6000 ada')).toBe('NVIDIA RTX 6000 Ada Generation');
    expect(name('AMD_Radeon_RX7900XTX')).toBe('AMD Radeon RX 7900 XTX');
  });

  it('finds every GPU by its id, by what the driver reports, and by each alias', () => {
    for (const row of gpus) for (const typed of [row.id, row.name, ...row.aliases]) expect(name(typed)).toBe(row.name);
  });

  it('gives each spelling to one GPU alone', () => {
    const owners = new Map<string, Set<string>>();
    for (const row of gpus)
      for (const key of gpuSpellings(row)) owners.set(key, (owners.get(key) ?? new Set()).add(row.id));
    expect([...owners].filter(([, ids]) => ids.size > 1)).toEqual([]);
  });

  it('says what was perhaps meant', () => {
    expect(refusal('h1000')).toMatchObject({ code: 'unknown-gpu', what: 'There is no GPU "h1000" in our list' });
    expect(refusal('h1000').suggestions[0]).toBe('H100');
    expect(refusal('B20').suggestions[0]).toBe('B200');
    expect(refusal('rtx pro 600').suggestions[0]).toBe('RTX PRO 6000');
    expect(refusal('mi300xx').suggestions[0]).toBe('MI300X');
  });

  it('suggests no GPU twice and nothing that is far', () => {
    const { suggestions } = refusal('a100 80');
    expect(new Set(suggestions.map(name)).size).toBe(suggestions.length);
    expect(refusal('a completely different thing').suggestions).toEqual([]);
    expect(refusal('').suggestions.length).toBeLessThanOrEqual(3);
  });
});

describe('checkGpus', () => {
  const sound: GpuRow = {
    id: 'one',
    name: 'One',
    aliases: ['Uno'],
    vendor: 'nvidia',
    capability: [9, 0],
    memoryGiB: 80,
    source: 'name, capability: a page; memory: another',
  };
  const amd = {
    id: 'two',
    name: 'Two',
    aliases: [],
    vendor: 'amd',
    gfx: 'gfx90a',
    memoryGiB: 64,
    source: 'name, gfx, memory: a page',
  };

  it('lets sound rows pass', async () => {
    expect(await checkGpus([sound])).toEqual([]);
    expect(await checkGpus([sound, amd])).toEqual([]);
  });

  it.each<[string, unknown[], RegExp]>([
    ['an unknown key', [{ ...sound, arch: 'x' }], /Unrecognized key/],
    ['a capability as text', [{ ...sound, capability: '9.0' }], /capability/],
    ['a capability that no GPU of today has', [{ ...sound, capability: [90, 0] }], /capability/],
    ['a missing source', [{ ...sound, source: '' }], /source/],
    ['a source that leaves a fact out', [{ ...sound, source: 'name, capability: x' }], /one: no source for its memory/],
    ['a name that only claims to be confirmed', [{ ...sound, nameConfirmed: true }], /nameConfirmed/],
    ['the wrong order', [{ ...sound, id: 'zwei', name: 'Z', aliases: [] }, sound], /one: out of order/],
    ['an alias of another row', [sound, { ...sound, id: 'two', name: 'Two', aliases: ['uno'] }], /belongs to one/],
    ['an alias that says nothing new', [{ ...sound, aliases: ['ONE'] }], /adds nothing/],
  ])('finds %s', async (_, rows, problem) => {
    expect((await checkGpus(rows)).join('\n')).toMatch(problem);
  });
});

describe('nearest', () => {
  it('puts the nearest first, and a word that was not typed to its end near', () => {
    expect(nearest('--dtyp', ['--device', '--type', '--dtype'])).toEqual(['--dtype', '--type']);
    expect(nearest('--kv-cache', ['--kv-cache-dtype', '--swap-space'])).toEqual(['--kv-cache-dtype']);
    expect(nearest('bf16', ['auto', 'bfloat16', 'half'])).toEqual(['bfloat16']);
    expect(nearest('FLASHATTN', ['FLASH_ATTN_MLA', 'FLASH_ATTN'])).toEqual(['FLASH_ATTN']);
    expect(nearest('FLASH_ATTENTION', ['TRITON_ATTN', 'FLASH_ATTN'])).toEqual(['FLASH_ATTN']);
  });

  it('gives nothing for nothing near', () => {
    expect(nearest('--colour', ['--dtype', '--model'])).toEqual([]);
  });
});
