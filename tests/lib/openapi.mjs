// SPDX-License-Identifier: ISC
// Holds every answer that a test sees to docs/openapi.yaml: its route, status, content type and body must stand there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const file = new URL('../../docs/openapi.yaml', import.meta.url);
const contract = parse(readFileSync(file, 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(contract, 'contract');

const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const pointer = text => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

const templates = Object.keys(contract.paths)
  .sort((a, b) => a.split('{').length - b.split('{').length)
  .map(template => ({
    template,
    pattern: new RegExp(
            `^${template
                .split(/\{[^}]+\}/)
                .map(escaped)
                .join('[^/]+')}$`,
    ),
  }));

/* Follows a $ref, and tells where in the document the result stands. */
function resolveRef(node, at) {
  if (!node?.$ref) return { node, at };
  const words = node.$ref
    .replace(/^#\//, '')
    .split('/')
    .map(word => word.replaceAll('~1', '/').replaceAll('~0', '~'));
  const target = words.reduce((here, word) => here?.[word], contract);
  return resolveRef(target, `#/${words.map(pointer).join('/')}`);
}

const compiled = new Map();

function validatorAt(at) {
  if (!compiled.has(at)) compiled.set(at, ajv.compile({ $ref: `contract${at}` }));
  return compiled.get(at);
}

/* An answer that no resource gives: for an unknown path, or a method that a resource does not have. */
const general = {
  400: 'Problem',
  401: 'Problem',
  403: 'Problem',
  404: 'Problem',
  405: 'Problem',
  413: 'Problem',
  414: 'Problem',
  503: 'Problem',
};

function findResponse(method, path, status) {
  const found = templates.find(({ pattern }) => pattern.test(path.split('?')[0]));
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = found && contract.paths[found.template][verb];
  if (!operation) return general[status] ? { at: `#/components/schemas/${general[status]}`, problem: true } : null;
  const key = [String(status), `${String(status)[0]}XX`, 'default'].find(one => operation.responses[one]);
  if (!key) return null;
  const at = `#/paths/${pointer(found.template)}/${verb}/responses/${key}`;
  return resolveRef(operation.responses[key], at);
}

function checkBody(where, schemaAt, body) {
  const validate = validatorAt(schemaAt);
  assert.ok(
    validate(body),
        `${where} is not as the contract says: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body).slice(0, 500)}`,
  );
}

/* The names of an operation's JSON body, sorted, with their place in .where; null if it has no body. */
function bodyNamesOf(operation) {
  const content = operation.requestBody?.content;
  if (!content) return null;
  const lines = content['application/x-ndjson'];
  const schema = resolveRef((lines?.['x-line'] ?? content['application/json']).schema).node;
  return Object.assign(Object.keys(schema.properties).sort(), { where: lines ? 'line' : 'body' });
}

/* The parameters of an operation's query. */
function queryOf(path, operation) {
  return [...(path.parameters ?? []), ...(operation.parameters ?? [])]
    .map(parameter => resolveRef(parameter).node)
    .filter(parameter => parameter.in === 'query');
}

/** Every operation of the contract: { method, template, queryNames, manyNames, bodyNames }, the names sorted. */
export function operations() {
  return Object.entries(contract.paths).flatMap(([template, path]) =>
    Object.entries(path)
      .filter(([method]) => /^(get|put|post|delete)$/.test(method))
      .map(([method, operation]) => ({
        method,
        template,
        queryNames: queryOf(path, operation).map(({ name }) => name).sort(),
        manyNames: queryOf(path, operation).filter(({ schema }) => schema.type === 'array').map(({ name }) => name),
        bodyNames: bodyNamesOf(operation),
      })),
  );
}

/**
 * Throws if ANSWER ({ status, headers, body }) to METHOD on PATH (below the mount, with its query) is not in the
 * contract. Answers of the web server itself (a page of HTML) are not checked.
 */
export function checkAnswer(method, path, { status, headers, body }) {
  const type = (headers['content-type'] ?? '').split(';')[0];
  if (type === 'text/html') return;
  const where = `${method} ${path}: ${status}`;
  assert.equal(headers['cache-control'], 'no-store', `${where}: Cache-Control`);
  if (method === 'OPTIONS') return;
  const response = findResponse(method, path, status);
  assert.ok(response, `${where} is not in the contract`);
  if (status >= 400) assert.equal(type, 'application/problem+json', `${where}: its type`);
  if (method === 'HEAD') return;
  if (response.problem) {
    checkBody(where, response.at, body);
    return;
  }
  const content = response.node.content;
  if (!content) {
    assert.equal(body, '', `${where} has no body by the contract`);
    return;
  }
  assert.ok(content[type], `${where}: type ${type} is not in the contract`);
  if (content[type].schema && /[/+]json$/.test(type))
    checkBody(where, `${response.at}/content/${pointer(type)}/schema`, body);
}
