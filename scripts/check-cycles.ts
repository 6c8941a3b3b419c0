// No circular imports, types included: a circle means that two files are one.
import { fileURLToPath } from 'node:url';
import { findCycles, readImports } from '@countersign/lint';

const imports = readImports(fileURLToPath(new URL('..', import.meta.url)));
const cycles = findCycles(imports);
for (const cycle of cycles) console.error(`circular import: ${cycle.join(' → ')}`);
if (cycles.length > 0) process.exitCode = 1;
else console.log(`no circular imports in ${imports.size} files`);
