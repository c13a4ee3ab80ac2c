import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { listArchitectures, modelClassesFile, modelClassesText, readModelClass } from '#disk';

const folder = mkdtempSync(path.join(os.tmpdir(), 'whichattn-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const head = { release: '1.2.3', source: { file: 'a.tar.gz', sha256: '0' } };
const classes = [
  { class: 'a.b:First', architectures: ['First', 'Old'], unread: ['layers: [not] read'] },
  { class: 'a.c:Second', architectures: ['Zweite, ü'], layers: undefined },
];

test('the file of the model classes stands beside that of the release', () => {
  expect(modelClassesFile('/x/1.2.3.json')).toBe('/x/1.2.3.models.json');
  expect(modelClassesFile('/x/1.2.3')).toBe('/x/1.2.3.models.json');
});

test('a class is found by each of its architectures', () => {
  const file = path.join(folder, 'one.models.json');
  writeFileSync(file, modelClassesText(head, classes as never));
  expect(listArchitectures(file)).toEqual(['First', 'Old', 'Zweite, ü']);
  expect(readModelClass(file, 'Old')).toEqual(classes[0]);
  expect(readModelClass(file, 'Zweite, ü')).toEqual({ class: 'a.c:Second', architectures: ['Zweite, ü'] });
  expect(readModelClass(file, 'Third')).toBeUndefined();
});

test('a file that is no such file, or is not there, is told', () => {
  const file = path.join(folder, 'other.models.json');
  writeFileSync(file, '{"schemaVersion":99}\n');
  expect(() => readModelClass(file, 'First')).toThrow('It is no file of model classes of shape 2');
  expect(() => readModelClass(path.join(folder, 'none'), 'First')).toThrow('cannot be read');
});
