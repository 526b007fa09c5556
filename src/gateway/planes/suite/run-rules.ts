// Runs the tables of rules against a plane: a test for each row.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RawClient } from '../../../lifecycle/http/testing/serve.ts';
import { OK, RawInstance } from './raw-instance.ts';
import { ANSWER_RULES } from './answer-rules.ts';
import { REQUEST_RULES } from './request-rules.ts';
import type { Rule } from './rule.ts';
import type { Subject } from './subject.ts';

export function runRules(subject: Subject): void {
  for (const rule of [...REQUEST_RULES, ...ANSWER_RULES]) {
    test(`RFC ${rule.of}: ${rule.rule}`, { timeout: 60_000 }, async (t) => {
      const closesAfter = rule.answer?.startsWith('HTTP/1.0') === true;
      const instance = await RawInstance.start(t, (_head, socket) => {
        if (!closesAfter) return rule.answer ?? OK;
        socket.end(rule.answer);
        return null;
      });
      const port = await subject.start(t, [instance.port]);
      const client = await RawClient.connect(t, port);
      client.send(rule.send);
      if (rule.sees === null) await client.sees(/^HTTP/);
      for (const wanted of rule.gets) await client.sees(expected(wanted, subject));
      for (const unwanted of rule.getsNot ?? []) assert.doesNotMatch(client.text, unwanted);
      check(rule, instance, subject);
    });
  }
}

function check(rule: Rule, instance: RawInstance, subject: Subject): void {
  if (rule.sees === null) {
    assert.equal(instance.text, '', 'the instance must see nothing of it');
    return;
  }
  for (const wanted of rule.sees) assert.match(instance.text, expected(wanted, subject));
  for (const unwanted of rule.seesNot ?? []) assert.doesNotMatch(instance.text, unwanted);
}

/** `VIA` in a pattern is the plane's own name. */
function expected(pattern: RegExp, { via }: Subject): RegExp {
  return new RegExp(pattern.source.replace('VIA', via), pattern.flags);
}
