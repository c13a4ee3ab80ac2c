import { describe, expect, it } from 'vitest';
import { attributeAt, configObject, objectBehind } from '../../src/engine/index.ts';
import type { ClassTable } from '../../src/engine/index.ts';
import type { RuleSet, Term } from '../../src/rules/index.ts';

const rules = (terms: Record<string, Term>): RuleSet => ({ variables: [], nodes: [], places: [], terms });
const partAs = (name: string, given: Term): Term => ({ record: { '@part': given, '@class': name } });
const text = partAs('Text', { fact: 'cfg.text_config' });
/** What stands in the config.json, with another model type. */
const tower = partAs('Tower', { record: { model_type: 'tower' }, over: [[1, { fact: 'cfg.vision_config' }]] });

const table: ClassTable = {
  base: { class: 'Base', fields: {}, made: rules({ 'get_text_config()': { record: { '@self': true } } }) },
  types: { whole: 'Whole', text: 'Text' },
  classes: {
    Whole: {
      class: 'Whole',
      fields: { text_config: ['nd', null], vision_config: ['nd', null] },
      made: rules({ text_config: text, vision_config: tower, 'get_text_config()': text }),
    },
    Text: { class: 'Text', fields: { hidden_size: ['i', 4096] } },
    Tower: { class: 'Tower', fields: { depth: ['i', 27] } },
  },
};
const config = { model_type: 'whole', text_config: { hidden_size: 64 }, vision_config: { model_type: 'whole' } };

describe('the object of a composite config', () => {
  const whole = configObject(table, 'whole', config)!;

  it('has one text part, which is the object under its attribute', () => {
    expect(whole.textPart()).toBe('text_config');
    expect(objectBehind(whole.attribute('text_config').value)).toBe(whole.text());
    expect(whole.text()!.attribute('hidden_size').value).toBe(64);
  });

  it('makes a part of what the class gives it, also where it changed that', () => {
    expect(attributeAt(whole, 'vision_config.model_type').value).toBe('tower');
    expect(attributeAt(whole, 'vision_config.depth').value).toBe(27);
  });

  it('has no part that is its text config where it is that itself', () => {
    const alone = configObject(table, 'text', { model_type: 'text' })!;
    expect(alone.text()).toBe(alone);
    expect(alone.textPart()).toBeUndefined();
  });
});
