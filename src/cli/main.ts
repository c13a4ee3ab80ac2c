#!/usr/bin/env node
import { answerOnce, loadBundle } from './bundle.ts';

const args = process.argv.slice(2);
// the command that people wait for
const isWaitedFor = args[0] === 'why';
if (isWaitedFor) answerOnce();
const { start } = (isWaitedFor ? loadBundle()?.commands : undefined) ?? (await import('./commands.ts'));
await start(args);
