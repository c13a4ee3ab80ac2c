import { describe, expect, it } from 'vitest';
import { createDraftChange, createKnown } from '../../src/engine/index.ts';
import { readDraftChanges } from '../../src/release/index.ts';
import { type Fact, MISSING, packRules } from '../../src/rules/index.ts';

const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/config/__init__.py': '',
  'vllm/config/speculative.py': `
class SpeculativeConfig:
    @staticmethod
    def hf_config_override(hf_config):
        if hf_config.model_type == "large":
            hf_config.model_type = "large_heads"
            hf_config.update({"n_predict": getattr(hf_config, "heads", 1), "architectures": ["LargeHeads"]})
        if hf_config.architectures[0] in ("Seeing", "Hearing"):
            hf_config = hf_config.text_config
        if hf_config.architectures[0] == "Kept":
            raise ValueError("there are no heads in it")
        return hf_config
`,
};
const tree = {
  read: (path: string) => FILES[path],
  list: (folder: string) => Object.keys(FILES).filter((file) => file.startsWith(folder)),
};
const { notes: _notes, rules, ...of } = readDraftChanges(tree, 'cuda');
const changeOf = createDraftChange({ ...of, rules: packRules(rules) });

function changed(facts: Readonly<Record<string, Fact>>) {
  const all: typeof facts = { 'hf.is_heterogeneous': MISSING, ...facts };
  const fact = (name: string) => {
    const value = all[name];
    if (value === MISSING) return { missing: true, from: 'config' } as const;
    return value === undefined ? undefined : ({ value: value as string, from: 'config' } as const);
  };
  const known = createKnown([{ fact, because: () => [] }]);
  const told = changeOf('SpeculativeConfig.hf_config_override')!.run(known);
  return { told, now: createKnown([told], known) };
}

describe('the object of a model that drafts', () => {
  it('is changed by its type', () => {
    const { now, told } = changed({ 'hf.model_type': 'large', 'hf.architectures': ['Large'], 'hf.heads': 2 });
    expect(now.get('hf.model_type')).toBe('large_heads');
    expect(now.get('hf.architectures')).toEqual(['LargeHeads']);
    expect(now.get('hf.n_predict')).toBe(2);
    expect(told.open).toEqual([]);
  });

  it('says the same by the name of its text config where that is the same object', () => {
    const facts = { 'hf.model_type': 'large', 'hf.architectures': ['Large'], 'hf.heads': MISSING as Fact };
    expect(changed({ ...facts, 'hf.text_is_whole': true }).now.get('hf_text_config.n_predict')).toBe(1);
    expect(changed(facts).now.get('hf_text_config.n_predict')).toBeUndefined();
  });

  it('stays as it is where the function names neither its type nor its architecture', () => {
    const { now } = changed({ 'hf.model_type': 'small', 'hf.architectures': ['Small'] });
    expect(now.get('hf.model_type')).toBe('small');
    expect(now.get('hf.n_predict')).toBeUndefined();
  });

  it('is unknown where another object takes its place, or more than one class is named', () => {
    expect(
      changed({ 'hf.model_type': 'small', 'hf.architectures': ['Seeing'] }).now.get('hf.model_type'),
    ).toBeUndefined();
    expect(
      changed({ 'hf.model_type': 'large', 'hf.architectures': ['A', 'B'] }).now.get('hf.model_type'),
    ).toBeUndefined();
  });

  it('is refused as the function does', () => {
    const { told } = changed({ 'hf.model_type': 'small', 'hf.architectures': ['Kept'] });
    expect(told.error).toMatchObject({ type: 'ValueError', text: 'there are no heads in it' });
  });

  it('is not told where another function changes it', () => {
    expect(changeOf('SpeculativeConfig.another')).toBeUndefined();
  });
});
