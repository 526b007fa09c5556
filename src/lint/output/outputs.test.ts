import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RULES } from '../index.ts';
import { lint } from '../testing/lint.ts';
import { renderGithub } from './github.ts';
import { renderJunit } from './junit.ts';
import type { Summary } from './json.ts';
import { renderPeople } from './people.ts';
import { toSarif } from './sarif.ts';

const byId = new Map(RULES.map((rule) => [rule.id, rule]));

function summary(files: Readonly<Record<string, string>>): Summary {
  const { findings, questions, ignored, collected } = lint(files);
  return {
    files: collected.recognised,
    findings,
    questions,
    problems: collected.problems,
    ignored,
    known: 0,
    ok: findings.length === 0,
  };
}

const FILES = { 'my web/Dockerfile': 'FROM node:24\nCMD npm start\n', 'bad.yaml': 'apiVersion: v1\nkind: Pod\na: [\n' };

test('SARIF has what 2.1.0 demands: version, driver, rules by index, results with text and a region that is in the file', () => {
  const sarif = JSON.parse(JSON.stringify(toSarif(summary(FILES), byId, '1.2.3')));
  assert.equal(sarif.version, '2.1.0');
  assert.match(sarif.$schema, /sarif-2\.1\.0/);
  const [run] = sarif.runs;
  assert.deepEqual([run.tool.driver.name, run.tool.driver.version], ['lastcall lint', '1.2.3']);
  assert.equal(run.results.length, 2);
  for (const result of run.results) {
    assert.equal(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
    assert(['error', 'warning', 'note'].includes(result.level));
    assert(result.message.text.length > 20);
    const { artifactLocation, region } = result.locations[0].physicalLocation;
    assert.equal(artifactLocation.uri, 'my%20web/Dockerfile');
    assert.deepEqual([region.startLine, region.startColumn, region.endLine, region.endColumn], [2, 5, 2, 14]);
    assert.match(result.partialFingerprints['lastcallLint/v1'], /^[0-9a-f]{32}$/);
  }
  for (const rule of run.tool.driver.rules) {
    assert(['error', 'warning', 'note'].includes(rule.defaultConfiguration.level));
    assert.match(rule.helpUri, /^https:/);
    assert(rule.shortDescription.text && rule.fullDescription.text);
  }
  const fixed = run.results.find((it: { ruleId: string }) => it.ruleId === 'shell-form');
  assert.deepEqual(fixed.fixes[0].artifactChanges[0].replacements[0].insertedContent, { text: '["npm", "start"]' });
  assert.equal(run.invocations[0].executionSuccessful, false);
  assert.equal(
    run.invocations[0].toolExecutionNotifications[0].locations[0].physicalLocation.artifactLocation.uri,
    'bad.yaml',
  );
});

test('a clean run is valid SARIF too, and fingerprints stay when lines move', () => {
  const clean = JSON.parse(JSON.stringify(toSarif(summary({ Dockerfile: 'FROM scratch\n' }), byId, '1')));
  assert.deepEqual([clean.runs[0].results, clean.runs[0].tool.driver.rules], [[], []]);
  const print = (text: string) =>
    JSON.parse(JSON.stringify(toSarif(summary({ Dockerfile: text }), byId, '1'))).runs[0].results[0]
      .partialFingerprints['lastcallLint/v1'];
  assert.equal(print('FROM node:24\nCMD npm start\n'), print('# moved\n\nFROM node:24\nCMD npm start\n'));
});

test('GitHub annotations are one line each, with what would break them escaped', () => {
  const [line, ...more] = renderGithub(
    summary({ 'a,b:c%/Dockerfile': 'FROM python:3.13\nCMD gunicorn 100%\n' }).findings,
  ).split('\n');
  assert.deepEqual(more, []);
  assert.match(
    line!,
    /^::error file=a%2Cb%3Ac%25\/Dockerfile,line=2,col=5,endColumn=18,title=lastcall lint%3A shell-form::CMD is in shell form/,
  );
});

test('JUnit has a suite a file, a failure a finding, and no character that XML forbids', () => {
  const text = renderJunit(summary({ Dockerfile: 'FROM python:3.13\nCMD "<&\u0001>" x\n' }));
  assert.match(
    text,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="lastcall lint" tests="1" failures="1">/,
  );
  assert.match(text, /<testcase name="shell-form 2:5" classname="Dockerfile" file="Dockerfile" line="2">/);
  assert.match(text, /&lt;&amp;\ufffd&gt;/);
  assert.match(renderJunit(summary({ Dockerfile: 'FROM scratch\n' })), /tests="1" failures="0"/);
});

test('people see the reason of a rule once, and the line with a mark', () => {
  const files = { 'a/Dockerfile': 'FROM python:3\nCMD flask run\n', 'b/Dockerfile': 'FROM python:3\nCMD\tflask run\n' };
  const text = renderPeople(summary(files).findings, byId, (_, it) => it);
  assert.equal(text.match(/why:/g)?.length, 1);
  assert.match(text, /2 \| CMD flask run\n {4}\| {5}\^{9}\n/);
});
