// Reads a TAP report with tap-parser.
import { readFileSync } from 'node:fs';
import { consumer } from './consumer.mjs';

const { Parser } = await consumer('tap-parser');
const strict = new Parser({ strict: true });
strict.end(readFileSync(process.argv[2], 'utf8'));
const { count, fail, skip, todo, failures, plan } = strict.results;
const bad = failures.filter((failure) => failure.tapError);
if (bad.length > 0 || plan.end !== count) {
  console.error(bad, plan);
  process.exit(1);
}
console.log(`${count} tests, ${fail} failures, ${skip} skipped, ${todo} todo`);
