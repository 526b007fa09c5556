// Which files are worth reading, by name, and what each may be. Names decide where to look; content decides what it is.

export type FileKind = 'dockerfile' | 'yaml' | 'json' | 'unit' | 'drop-in' | 'hcl';

/** Undefined: nothing that the linter reads. */
export function kindOf(path: string): FileKind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (
    /^(?:dockerfile|containerfile)(?:[._-][\w.-]+)?$/i.test(name) ||
    /^[\w.-]+\.(?:dockerfile|containerfile)$/i.test(name)
  ) {
    return /\.(?:dockerignore|md|txt|sh|py|go|ya?ml|json|j2|tmpl|tpl|erb)$/i.test(name) ? undefined : 'dockerfile';
  }
  if (/\.ya?ml$/i.test(name)) return 'yaml';
  if (/\.json$/i.test(name)) return 'json';
  if (/\.service$/i.test(name)) return 'unit';
  if (/\.service\.d\/[^/]+\.conf$/i.test(path)) return 'drop-in';
  if (/\.(?:nomad|hcl|job)$/i.test(name)) return 'hcl';
  return undefined;
}

/** Folders of others, or of tools, that are not walked into. */
export const SKIPPED_FOLDERS: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  '.terraform',
  '.venv',
  'venv',
  '.tox',
  '.cache',
  '.idea',
  '.vscode',
  'node_modules',
  '__pycache__',
  'bower_components',
]);
