/**
 * Answers a question by evaluating the rules of a release: the decision, its candidates, reasons and needs.
 * Must not know how rules were learned, where facts are stored or how an answer is shown.
 */

export * from './events.ts';
export * from './ask.ts';
export * from './bulk.ts';
export * from './release.ts';
