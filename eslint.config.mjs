// Plain `eslint .` and editors look for this name; the configuration is in .eslintrc.cjs.
export { default } from './.eslintrc.cjs';
