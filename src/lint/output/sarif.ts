// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), as code scanning reads it: the rules that
// were broken, a result for each finding with its region, a fingerprint that outlives moved lines, and the fix if there is one.
import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Edit, Finding, Severity } from '../finding.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { Rule } from '../rule.ts';
import type { Source, Span } from '../source/source.ts';
import type { Summary } from './json.ts';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

export function toSarif({ findings, problems }: Summary, rules: ReadonlyMap<string, Rule>, version: string): object {
  const ids = [...new Set(findings.map(({ rule }) => rule))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'lastcall lint',
            version,
            rules: ids.map((id) => ruleOf(id, rules.get(id))),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: problems.length === 0,
            toolExecutionNotifications: problems.map(({ at, what }) => ({
              level: 'error',
              message: { text: what },
              locations: [location(at)],
            })),
          },
        ],
        results: findings.map((finding) => resultOf(finding, ids)),
      },
    ],
  };
}

function ruleOf(id: string, rule: Rule | undefined): object {
  if (!rule) return { id, shortDescription: { text: 'A comment for the linter that does not count' } };
  return {
    id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    helpUri: rule.source,
    help: { text: `${rule.why} See ${rule.source}` },
    defaultConfiguration: { level: LEVELS[rule.severity] },
  };
}

function resultOf(finding: Finding, ids: readonly string[]): object {
  const { rule, severity, at, what, todo, edits, related } = finding;
  return {
    ruleId: rule,
    ruleIndex: ids.indexOf(rule),
    level: LEVELS[severity],
    message: { text: `${what} ${todo}` },
    locations: [location(at)],
    partialFingerprints: {
      'lastcallLint/v1': createHash('sha256').update(fingerprintOf(finding)).digest('hex').slice(0, 32),
    },
    ...(related && related.length > 0
      ? { relatedLocations: related.map((it) => ({ ...location(it.at), message: { text: it.what } })) }
      : {}),
    ...(edits && edits.length > 0 ? { fixes: [fixOf(todo, edits)] } : {}),
  };
}

function fixOf(todo: string, edits: readonly Edit[]): object {
  const bySource = new Map<Source, Edit[]>();
  for (const edit of edits) bySource.set(edit.span.source, [...(bySource.get(edit.span.source) ?? []), edit]);
  return {
    description: { text: todo },
    artifactChanges: [...bySource].map(([source, own]) => ({
      artifactLocation: artifact(source),
      replacements: own.map(({ span, text }) => ({ deletedRegion: region(span), insertedContent: { text } })),
    })),
  };
}

function location(span: Span): object {
  return { physicalLocation: { artifactLocation: artifact(span.source), region: region(span) } };
}

function artifact({ path }: Source): object {
  const uri = isAbsolute(path) ? pathToFileURL(path).href : path.split('/').map(encodeURIComponent).join('/');
  return { uri };
}

function region({ source, start, end }: Span): object {
  const from = source.position(start);
  const to = source.position(end);
  return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column };
}
