// The shells that completion scripts exist for. Adding one is a file here and a line in the table.
import { renderBash } from './bash.ts';
import { renderFish } from './fish.ts';
import type { CommandWords } from './words.ts';
import { renderZsh } from './zsh.ts';

export const RENDERERS: Readonly<Record<'bash' | 'zsh' | 'fish', (commands: readonly CommandWords[]) => string>> = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
};
