// A YAML or JSON text → its documents: what is worth parsing is parsed, templates as far as they are literal.
import type { Source, Span } from '../source/source.ts';
import { mayBeOurs, withoutBulk } from './bulk.ts';
import { looksLikeTemplate, neutralise } from './template.ts';
import { readYaml, type YamlDocument } from './yaml.ts';

export interface DocumentFile {
  readonly source: Source;
  readonly documents: readonly YamlDocument[];
  /** A template may still fill in what is missing. */
  readonly partial: boolean;
  /** Documents that could not be read although they matter. */
  readonly problems: readonly { readonly at: Span; readonly what: string }[];
}

/** Undefined for what certainly holds nothing that is known here: most YAML and JSON of a repository. */
export function readDocuments(source: Source, kind: 'yaml' | 'json'): DocumentFile | undefined {
  const { text } = source;
  if (!mayBeOurs(text)) return undefined;
  // Tabs are blanks in JSON, and an error in YAML; both are one character.
  const plain = kind === 'json' || /^\s*[[{]/.test(text) ? text.replaceAll('\t', ' ') : withoutBulk(text);
  const first = readYaml(source, plain);
  const hasActions = looksLikeTemplate(text);
  if (first.problems.length === 0)
    return { source, documents: first.documents, partial: hasActions && /^\s*(?:\{\{|\{%)/m.test(text), problems: [] };
  if (hasActions) {
    const second = readYaml(source, neutralise(plain));
    return { source, documents: second.documents, partial: true, problems: [] };
  }
  return {
    source,
    documents: first.documents,
    partial: false,
    problems: first.problems.filter((it) => isOurs(it.text)),
  };
}

/** A document that no rule would have looked at may be as broken as it likes. */
function isOurs(text: string): boolean {
  if (/^services:/m.test(text) || /"containerDefinitions"|"TaskGroups"/.test(text)) return true;
  const isObject = /^\s*["']?apiVersion["']?:/m.test(text) && /^\s*["']?kind["']?:/m.test(text);
  return isObject && !/^\s*["']?kind["']?:\s*["']?(?:CustomResourceDefinition|ConfigMap|Secret)\b/m.test(text);
}
