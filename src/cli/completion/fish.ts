// Completion for fish.
import { type Candidates, type CommandWords, firstWords, groups } from './words.ts';

export function renderFish(commands: readonly CommandWords[]): string {
  const summaries = new Map(commands.map(({ name, summary }) => [name, summary]));
  return `# Completion of lastcall for fish. Save it as ~/.config/fish/completions/lastcall.fish
function __lastcall_words
    commandline -opc | string match -v -r '^-'
end

function __lastcall_is
    set -l words (__lastcall_words)
    set -e words[1]
    set -l count (count $argv)
    test (count $words) -ge $count; and test "$words[1..$count]" = "$argv"
end

function __lastcall_wants
    set -l words (__lastcall_words)
    set -e words[1]
    test "$words" = "$argv"
end

function __lastcall_units
    set -l state $LASTCALL_STATE_DIR
    test -n "$state"; or set state (test -n "$XDG_STATE_HOME"; and echo $XDG_STATE_HOME; or echo ~/.local/state)/lastcall
    for socket in $state/units/*.sock
        string replace -r '^.*/(.*)\\.sock$' '$1' $socket
    end
end

complete -c lastcall -f
${firstWords(commands)
  .map((word) =>
    line('test (count (__lastcall_words)) -eq 1', `-a ${word} -d ${quote(summaries.get(word) ?? `${word} …`)}`),
  )
  .join('\n')}
${[...groups(commands)]
  .flatMap(([group, seconds]) =>
    seconds.map((second) =>
      line(`__lastcall_wants ${group}`, `-a ${second} -d ${quote(summaries.get(`${group} ${second}`) ?? '')}`),
    ),
  )
  .join('\n')}
${commands.flatMap(commandLines).join('\n')}`;
}

function commandLines({ name, options, arguments: places }: CommandWords): string[] {
  const condition = `__lastcall_is ${name}`;
  return [
    ...options.map(({ flag, describe, value }) =>
      line(condition, `-l ${flag.slice(2)} -d ${quote(describe)}${value === null ? '' : ` -r ${sourceOf(value)}`}`),
    ),
    ...places.map((place) => line(condition, sourceOf(place))),
  ];
}

function sourceOf(candidates: Candidates): string {
  if (candidates === 'units') return "-a '(__lastcall_units)'";
  if (candidates === 'files') return '-F';
  return candidates === 'unknown' ? '-f' : `-f -a ${quote(candidates.join(' '))}`;
}

function line(condition: string, rest: string): string {
  return `complete -c lastcall -n ${quote(condition)} ${rest}`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
