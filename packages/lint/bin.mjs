#!/usr/bin/env node
// Runs ESLint over the project (or the files named on the command line) with .eslintrc.cjs.
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [fix, files] = [process.argv.includes('--fix'), process.argv.slice(2).filter((word) => !word.startsWith('--'))];
const eslint = new ESLint({ cwd: root, overrideConfigFile: '.eslintrc.cjs', fix });
const results = await eslint.lintFiles(files.length > 0 ? files : ['.']);
if (fix) await ESLint.outputFixes(results);
const formatter = await eslint.loadFormatter('stylish');
process.stdout.write(await formatter.format(results));
if (results.some((result) => result.errorCount > 0)) process.exitCode = 1;
