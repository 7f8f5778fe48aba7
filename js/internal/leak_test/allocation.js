'use strict';

// Which functions allocate what leaks: the scenario is repeated a few times more while V8 notes the
// stack of each allocation, and a snapshot says which stack each object has.

const captureBinding = binding.capture;
const profileBinding = binding.profile;

// Functions of a stack that are told.
const FRAMES = 5;

const STRINGS = ['string', 'concatenated string', 'sliced string'];

// What the analysis calls a node of this type and name.
function kindOf(type, name) {
  if (type === 'closure') return `${name || '(anonymous)'}()`;
  if (type === 'object' || type === 'native') return name;
  if (type === 'regexp') return 'RegExp';
  return STRINGS.includes(type) ? '(string)' : undefined;
}

// Where each trace node was called from, by id: [function, id of the caller].
function callersOf(tree, fields) {
  const [id, functionIndex, children] = ['id', 'function_info_index', 'children'].map((field) => fields.indexOf(field));
  const callers = new Map();
  const open = [[tree, 0]];
  while (open.length > 0) {
    const [rows, caller] = open.pop();
    for (let i = 0; i < rows.length; i += fields.length) {
      callers.set(rows[i + id], [rows[i + functionIndex], caller]);
      open.push([rows[i + children], rows[i + id]]);
    }
  }
  return callers;
}

// Reads the snapshot's text; returns for each culprit the stack that most of its objects have, the
// innermost function of the program first.
function stacksOf(text, culprits) {
  const { snapshot: { meta }, nodes, strings, trace_function_infos: infos, trace_tree: tree } = JSON.parse(text);
  const column = (field) => meta.node_fields.indexOf(field);
  const [type, name, trace] = [column('type'), column('name'), column('trace_node_id')];
  const types = meta.node_types[type];
  const counts = new Map(culprits.map((culprit) => [culprit, new Map()]));
  for (let i = 0; trace !== -1 && i < nodes.length; i += meta.node_fields.length) {
    const stack = nodes[i + trace];
    if (stack === 0) continue;
    const stacks = counts.get(kindOf(types[nodes[i + type]], strings[nodes[i + name]]));
    stacks?.set(stack, (stacks.get(stack) ?? 0) + 1);
  }
  const callers = callersOf(tree, meta.trace_node_fields);
  const infoFields = meta.trace_function_info_fields;
  const info = (index, field) => infos[index * infoFields.length + infoFields.indexOf(field)];
  const frames = (stack) => {
    const found = [];
    for (let id = stack; callers.has(id) && found.length < FRAMES;) {
      const [index, caller] = callers.get(id);
      const script = strings[info(index, 'script_name')];
      if (script !== '' && !script.startsWith('node:')) {
        const line = info(index, 'line') + 1;
        found.push({ function: strings[info(index, 'name')], script, line, column: info(index, 'column') + 1 });
      }
      id = caller;
    }
    return found;
  };
  return culprits.map((culprit) => {
    const stacks = [...counts.get(culprit)].sort((a, b) => b[1] - a[1]);
    return stacks.map(([stack]) => frames(stack)).find((found) => found.length > 0) ?? [];
  });
}

// Adds to each leak, as `allocation`, the functions that allocate it. A leak stays without where that
// cannot be told.
async function addAllocations(leaks, repeat, snapshot) {
  const started = profileBinding.startTracking();
  let written;
  try {
    await repeat();
    written = captureBinding.takeSnapshot(snapshot, false, false, true);
  } finally {
    if (started) profileBinding.stopTracking();
  }
  if (typeof written !== 'string') return;
  const text = require('fs').readFileSync(written, 'utf8');
  const stacks = stacksOf(text, leaks.map(({ culprit }) => culprit));
  leaks.forEach((leak, i) => { leak.allocation = stacks[i]; });
}

module.exports = { addAllocations };
