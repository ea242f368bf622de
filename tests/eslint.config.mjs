// SPDX-License-Identifier: ISC
// How the JavaScript of www/, clients/, bench/ and tests/ is held to one style: `make lint`, or, from the top of the checkout,
// tests/node_modules/.bin/eslint -c tests/eslint.config.mjs [--fix] [FILE...]
import js from '@eslint/js';
import stylistic from '@stylistic/eslint-plugin';
import globals from 'globals';

const browser = ['www/**', 'tests/browser/pages/**'];

export default [
  { ignores: ['**/node_modules/', 'build*/', 'tests/.node/', 'tests/output/', 'tests/artifacts/'] },
  js.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    plugins: { stylistic },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'eqeqeq': ['error', 'always', { null: 'ignore' }],
      'no-throw-literal': 'error',
      'no-unused-vars': ['error', { caughtErrors: 'none', ignoreRestSiblings: true }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-arrow-callback': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      'stylistic/eol-last': 'error',
      'stylistic/indent': ['error', 2, { SwitchCase: 0, flatTernaryExpressions: true, ignoredNodes: ['TemplateLiteral *'] }],
      'stylistic/no-multiple-empty-lines': ['error', { max: 1 }],
      'stylistic/no-tabs': 'error',
      'stylistic/no-trailing-spaces': 'error',
      'stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'always' }],
      'stylistic/semi': 'error',
    },
  },
  { files: ['www/**', 'clients/node/**'], rules: { 'stylistic/max-len': ['error', { code: 120 }] } },
  // Functions of the browser's tests run in pages, too.
  { files: [...browser, 'tests/browser/**'], languageOptions: { globals: globals.browser } },
  { ignores: browser, languageOptions: { globals: globals.nodeBuiltin } },
];
