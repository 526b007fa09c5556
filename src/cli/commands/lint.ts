// `lastcall lint PATH…`: shutdown mistakes in configuration files.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'lint',
  summary: 'Find shutdown mistakes in configuration files',
  details: [
    'Reads Dockerfiles, Kubernetes manifests, compose files, systemd units, Nomad jobs and ECS task definitions, in files and folders; what belongs together is judged together: the Dockerfile with the pod or the service that runs it, the entrypoint script beside it, the Service with the pods behind it. - reads stdin, such as the output of helm template or kustomize build.',
    'A comment `# lastcall: ignore RULE -- REASON` above a line ignores a finding there, `ignore-file` in the whole file. What no file can say (how long a request takes) is asked with --ask and told with --longest-request, a comment, or --from-drill.',
    'Exit code 0 if nothing is found, 1 if something is, 2 for a wrong command line or a file that cannot be read.',
  ],
  arguments: [
    {
      name: 'path',
      describe: 'File or folder; - for stdin',
      kind: { type: 'path', placeholder: 'PATH' },
      presence: 'any',
    },
  ],
  options: {
    format: {
      kind: { type: 'choice', choices: ['people', 'sarif', 'github', 'junit'] },
      describe: 'How findings are printed; --json is a format of its own',
      fallback: 'people',
    },
    severity: {
      kind: { type: 'choice', choices: ['error', 'warning', 'info'] },
      describe: 'The least severity that counts',
      fallback: 'info',
    },
    rule: { kind: { type: 'text', placeholder: 'RULES' }, describe: 'Only these rules, separated by commas' },
    explain: { kind: { type: 'text', placeholder: 'RULE' }, describe: 'Say everything about a rule, and read nothing' },
    fix: { kind: { type: 'flag' }, describe: 'Mend what can be mended safely, in place' },
    diff: { kind: { type: 'flag' }, describe: 'Show what --fix would change, and change nothing' },
    longestRequest: {
      kind: { type: 'duration' },
      describe: 'How long the longest request takes, where a server does not bound it itself',
    },
    fromDrill: {
      kind: { type: 'path', placeholder: 'FILE' },
      describe: 'Take the longest request from a report of lastcall drill --json',
    },
    ask: { kind: { type: 'flag' }, describe: 'Also print the questions that the files leave open, and count them' },
    baseline: { kind: { type: 'path', placeholder: 'FILE' }, describe: 'Findings that are known and do not count' },
    writeBaseline: { kind: { type: 'path', placeholder: 'FILE' }, describe: 'Write all findings to this baseline' },
    render: {
      kind: { type: 'flag' },
      describe:
        'Render charts and kustomizations that are named, with helm, kustomize or kubectl, instead of reading their templates',
    },
  },
  settings: [],
  examples: [
    { line: 'lastcall lint .', does: 'Everything in this repository' },
    { line: 'helm template chart | lastcall lint - --severity warning', does: 'A chart as it will be applied' },
    { line: 'lastcall lint --explain grace-sum', does: 'What a rule is about' },
  ],
  async run({ arguments: { path: paths }, options, output }) {
    const { runLint } = await import('../lint/run.ts');
    return runLint(paths, options, output);
  },
});
