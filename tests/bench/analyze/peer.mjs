// Reads a heap snapshot with another program, as far as retained sizes, and prints the root's:
//
//   node peer.mjs devtools|memlab FILE

import { createReadStream } from 'node:fs';

const [peer, file] = process.argv.slice(2);
if (peer === 'devtools') {
  const { parse } = await import('heap-snapshot-toolkit');
  const snapshot = await parse(createReadStream(file, 'utf8'));
  console.log(snapshot.nodeCount, snapshot.retainedSizes[0]);
} else {
  const { getFullHeapFromFile } = await import('@memlab/heap-analysis');
  const heap = await getFullHeapFromFile(file);
  console.log(heap.nodes.length, heap.nodes.get(0).retainedSize);
}
