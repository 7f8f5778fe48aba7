// Holds a JSON report against its schema with ajv.
import { readFileSync } from 'node:fs';
import { consumer } from './consumer.mjs';

const { Ajv2020 } = await consumer('ajv/dist/2020.js');
const read = (at) => JSON.parse(readFileSync(process.argv[at], 'utf8'));
const run = read(2);
const validate = new Ajv2020({ allErrors: true }).compile(read(3));
if (!validate(run)) {
  console.error(validate.errors);
  process.exit(1);
}
console.log(`${run.tests.length} tests`);
