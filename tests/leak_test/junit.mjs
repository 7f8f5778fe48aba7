// Holds a JUnit report against a schema with libxml2.
import { readFileSync } from 'node:fs';
import { consumer } from './consumer.mjs';

const { validateXML } = await consumer('xmllint-wasm');
const xml = readFileSync(process.argv[2], 'utf8');
const schema = readFileSync(process.argv[3], 'utf8');
const { valid, errors } = await validateXML({ xml: [{ fileName: 'junit.xml', contents: xml }], schema: [schema] });
if (!valid) {
  console.error(errors);
  process.exit(1);
}
const count = (text) => xml.split(text).length - 1;
console.log(`${count('<testcase ')} tests, ${count('<failure ')} failures, ${count('<skipped ')} skipped`);
