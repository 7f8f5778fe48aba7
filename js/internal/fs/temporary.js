'use strict';

// Folders that remove themselves.

const path = require('path');
const { pathText } = require('internal/fs/arguments');

/** The folder as the user sees it, and where it is even after a chdir. */
exports.temporaryFolder = function temporaryFolder(folder) {
  return { path: folder, removal: path.resolve(pathText(folder)) };
};
