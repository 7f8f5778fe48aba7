// A package of the folder that CONSUMERS names.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.CONSUMERS, 'package.json'));
export const consumer = (name) => import(pathToFileURL(require.resolve(name)));
