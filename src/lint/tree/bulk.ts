// Which YAML and JSON is worth parsing. Most of a repository's is not: data, API descriptions, definitions of resources.
// They are told by a few words, since parsing a megabyte of YAML takes seconds.

const OURS =
  /^\s*["']?apiVersion["']?\s*:|["']apiVersion["']\s*:|^["']?services["']?\s*:|\{\s*["']?services["']?\s*:|containerDefinitions|AWS::ECS::TaskDefinition|["']?TaskGroups["']?\s*:|"job"\s*:/m;
const CONTAINERS = /"(?:portMappings|essential|logConfiguration)"\s*:/;

export function mayBeOurs(text: string): boolean {
  return OURS.test(text) || (CONTAINERS.test(text) && text.includes('"image"'));
}

/** Kinds that are long and say nothing of endings. */
const BULK =
  /^kind:[ \t]*["']?(?:CustomResourceDefinition|ConfigMap|Secret|SealedSecret|PrometheusRule|ClusterRole|Role|APIService)["']?[ \t]*\r?$/m;
/** A line that begins with `---` always parts documents: nothing else may stand so far to the left. */
const SEPARATOR = /^---(?=\s|$)/m;

/** The text with documents of such kinds as blanks, so that every place stays what it was. */
export function withoutBulk(text: string): string {
  if (!BULK.test(text)) return text;
  return text
    .split(SEPARATOR)
    .map((document) => (BULK.test(document) ? document.replace(/[^\r\n]/g, ' ') : document))
    .join('---');
}
