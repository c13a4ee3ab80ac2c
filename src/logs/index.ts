/**
 * Answers what a text that vLLM printed shows of its starts: what was chosen, how, how far it came, line by line.
 * Must not know where the text comes from, nor any words of a release: these are data.
 */
export { createObserver, type Observer } from './observe.ts';
export { createPatterns, type Patterns } from './patterns.ts';
export type { How, LogError, LogObservation, Reached, Selection, Start } from './observation.ts';
export { LONGEST } from './lines.ts';
export { readLiteral } from './literals.ts';
